"""The forms of a reconciliation case: note and state, adoption."""

from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from wtforms import BooleanField, DecimalField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from app.domain.reconciliation import CaseState
from app.domain.sentences import said
from app.services.reconciliation_desk import CaseView, Choice
from app.services.reconciliation_work import AdoptionWish
from app.web.forms import BaseForm, choice

_LARGEST_PRICE = Decimal(10) ** 10
_PRICE_RANGE = NumberRange(min=0, max=_LARGEST_PRICE, message="Enter an amount of 0 or more.")


class CaseForm(BaseForm):
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    note = TextAreaField("Note", validators=[Length(max=2000)])
    state = SelectField("State")

    @classmethod
    def of(cls, case: CaseView, *, sent: bool = True) -> Self:
        """Filled from the request where it was sent, else from the case."""
        form = cls(obj=case) if sent else cls(None, obj=case)
        form.state.choices = [choice(state.value, said(state.label)) for state in CaseState]
        if not form.is_submitted() or not sent:
            form.state.data = case.state.value
            form.version.data = case.version
        return form

    def wish(self) -> dict[str, Any]:
        return {
            "version": self.version.data,
            "note": self.note.data or "",
            "state": CaseState(self.state.data),
        }


class AdoptionForm(BaseForm):
    account_id = SelectField("Account", validators=[Optional()])
    plan_id = SelectField("Azure plan", validators=[Optional()])
    buying_unit_price = DecimalField(
        "Unit Price", places=None, validators=[InputRequired("Enter the price."), _PRICE_RANGE]
    )
    selling_unit_price = DecimalField(
        "Unit Price of the end customer", places=None, validators=[Optional(), _PRICE_RANGE]
    )
    is_invoiced = BooleanField("Invoice it now", default=True)

    @classmethod
    def of(cls, case: CaseView, *, sent: bool = True) -> Self:
        form = cls() if sent else cls(None)
        offer = case.adoption
        form.account_id.choices = _choices(offer.accounts if offer else ())
        form.plan_id.choices = _choices(offer.plans if offer else ())
        if offer is not None and not (sent and form.is_submitted()):
            form.buying_unit_price.data = offer.suggested_buying
            form.selling_unit_price.data = offer.suggested_selling
        return form

    def wish(self) -> AdoptionWish:
        return AdoptionWish(
            account_id=_as_id(self.account_id.data),
            plan_id=_as_id(self.plan_id.data),
            buying_unit_price=self.buying_unit_price.data or Decimal(0),
            selling_unit_price=self.selling_unit_price.data,
            is_invoiced=self.is_invoiced.data,
        )


def _choices(offered: Any) -> list[Any]:
    found: list[Choice] = list(offered)
    first = [choice("", said("Choose"))] if len(found) != 1 else []
    return first + [choice(str(each.id), each.label) for each in found]


def _as_id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
