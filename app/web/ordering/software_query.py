"""What the software pages are asked to show: for which customer, which segment, which term."""

from dataclasses import dataclass
from uuid import UUID

from flask import request
from flask_babel import gettext
from wtforms import SelectField

from app.domain.access import Viewer
from app.domain.assets import TERM_YEARS, term_label
from app.domain.catalogue import COMMERCIAL, SEGMENTS
from app.domain.sentences import said
from app.services.buying import (
    BuyerAccount,
    accounts_to_buy_for,
    find_account_to_buy_for,
)
from app.services.catalogue import PERPETUAL
from app.services.catalogue_sorts import SoftwareSort
from app.web.forms import BaseForm, choice
from app.web.pagination import ListQuery, read_list
from app.web.viewer import current_viewer

_TERMS = {**{term: term_label(term) for term in TERM_YEARS}, PERPETUAL: term_label(None)}


SEGMENT_LABELS = {
    COMMERCIAL: said("Commercial"),
    "education": said("Education"),
    "nonprofit": said("Nonprofit"),
}


class SoftwareFilters(BaseForm):
    """Sent by GET: its values are those in force, whatever was sent."""

    class Meta(BaseForm.Meta):
        csrf = False

    customer = SelectField("Customer")
    segment = SelectField(
        "Segment", choices=[choice(name, SEGMENT_LABELS[name]) for name in SEGMENTS]
    )
    term = SelectField(
        "Term",
        choices=[
            choice("", said("Any")),
            *(choice(key, words) for key, words in _TERMS.items()),
        ],
    )


@dataclass(frozen=True, kw_only=True)
class SoftwareQuery:
    """`account_id` is whom something is bought for; None while that is not said.

    `buyer` is the account that staff order for, whether or not it may order.
    """

    query: ListQuery
    form: SoftwareFilters
    account_id: UUID | None
    buyer: BuyerAccount | None
    chooses_customer: bool
    segment: str
    term: str | None


def read_software_query(list_id: str) -> SoftwareQuery:
    viewer = current_viewer()
    buyer = _buyer(viewer) if viewer.is_staff else None
    accounts = [buyer] if buyer else accounts_to_buy_for(viewer)
    query = read_list(
        list_id,
        sorts=[str(sort) for sort in SoftwareSort],
        default_sort="name",
        filters={
            "customer": [str(account.id) for account in accounts],
            "segment": SEGMENTS,
            "term": _TERMS,
        },
    )
    return SoftwareQuery(
        query=query,
        form=_form(query, accounts),
        account_id=_account_id(viewer, query, buyer),
        buyer=buyer,
        chooses_customer=viewer.is_reseller,
        segment=query.choices.get("segment", COMMERCIAL),
        term=query.choices.get("term"),
    )


def _buyer(viewer: Viewer) -> BuyerAccount | None:
    account_id = request.args.get("customer", type=UUID)
    return find_account_to_buy_for(viewer, account_id) if account_id else None


def _account_id(viewer: Viewer, query: ListQuery, buyer: BuyerAccount | None) -> UUID | None:
    if viewer.is_staff:
        return buyer.id if buyer and not buyer.reason else None
    if viewer.is_reseller:
        customer = query.choices.get("customer")
        return UUID(customer) if customer else None
    return viewer.account_id


def _form(query: ListQuery, accounts: list[BuyerAccount]) -> SoftwareFilters:
    form = SoftwareFilters(formdata=None, data=dict(query.choices))
    form.customer.choices = [choice("", said("Choose a customer"))]
    for account in accounts:
        is_own = account.id == current_viewer().account_id
        own = gettext("%(name)s (your company)", name=account.name) if is_own else account.name
        form.customer.choices.append(choice(str(account.id), own))
    return form
