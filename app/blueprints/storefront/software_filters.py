"""What the software pages are asked to show: for which customer, which segment, which term."""

from dataclasses import dataclass
from uuid import UUID

from wtforms import SelectField

from app.domain.assets import TERM_YEARS, term_label
from app.domain.catalogue import COMMERCIAL, SEGMENTS
from app.services.buying import BuyerAccount, accounts_to_buy_for
from app.services.catalogue import PERPETUAL
from app.web.forms import BaseForm, choice
from app.web.pagination import ListQuery, read_list
from app.web.viewer import current_viewer

_TERMS = {**{term: term_label(term) for term in TERM_YEARS}, PERPETUAL: term_label(None)}


class SoftwareFilters(BaseForm):
    """Sent by GET: its values are those in force, whatever was sent."""

    class Meta(BaseForm.Meta):
        csrf = False

    customer = SelectField("Customer")
    segment = SelectField("Segment", choices=[choice(name, name.capitalize()) for name in SEGMENTS])
    term = SelectField(
        "Term", choices=[choice("", "Any"), *(choice(*term) for term in _TERMS.items())]
    )


@dataclass(frozen=True, kw_only=True)
class SoftwareQuery:
    """`account_id` is whom something is bought for; None while a reseller has not said."""

    query: ListQuery
    form: SoftwareFilters
    account_id: UUID | None
    chooses_customer: bool
    segment: str
    term: str | None


def read_software_query(list_id: str) -> SoftwareQuery:
    viewer = current_viewer()
    accounts = accounts_to_buy_for(viewer)
    query = read_list(
        list_id,
        sorts=(),
        default_sort="name",
        filters={
            "customer": [str(account.id) for account in accounts],
            "segment": SEGMENTS,
            "term": _TERMS,
        },
    )
    customer = query.choices.get("customer")
    own = None if viewer.is_reseller else viewer.account_id
    return SoftwareQuery(
        query=query,
        form=_form(query, accounts),
        account_id=UUID(customer) if customer else own,
        chooses_customer=viewer.is_reseller,
        segment=query.choices.get("segment", COMMERCIAL),
        term=query.choices.get("term"),
    )


def _form(query: ListQuery, accounts: list[BuyerAccount]) -> SoftwareFilters:
    form = SoftwareFilters(formdata=None, data=dict(query.choices))
    form.customer.choices = [choice("", "Choose a customer")]
    for account in accounts:
        own = " (your company)" if account.id == current_viewer().account_id else ""
        form.customer.choices.append(choice(str(account.id), f"{account.name}{own}"))
    return form
