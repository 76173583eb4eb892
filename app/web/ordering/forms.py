"""The forms of buying."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.form import BaseForm as WTFormsBase
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import HiddenInput, TextInput

from app.domain.sentences import said
from app.services.basket_view import BasketRow
from app.services.baskets import field_of
from app.web.forms import BaseForm, FormToken, choice, without_nul

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,1000}")


class QuantityField(IntegerField):
    """A whole number. A text input: what cannot be read stays typed, with our words beneath."""

    widget = TextInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        self.raw_data = [without_nul(valuelist[0])]
        text = valuelist[0].strip()
        if _WHOLE_NUMBER.fullmatch(text) is None:
            self.data = None
            raise ValueError("Enter a whole number, such as 3.")
        self.data = int(text)


class ChosenField(Field):
    """The id of what was chosen. `.data` is a UUID, None where nothing that exists was chosen."""

    widget = HiddenInput()
    data: UUID | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        try:
            self.data = UUID(valuelist[0]) if valuelist else None
        except ValueError:
            self.data = None

    def pre_validate(self, _form: WTFormsBase) -> None:
        if self.data is None:
            raise ValidationError(self.label.text)

    def _value(self) -> str:
        return str(self.data or "")


class OrderForm(BaseForm):
    """What leads to the review page: it buys nothing."""

    sku = ChosenField("Choose what to buy.")
    quantity = QuantityField(
        "Quantity", default=1, validators=[InputRequired("Enter a quantity of 1 or more.")]
    )
    form_token = FormToken()
    do = HiddenField()  # the button that was pressed: "basket", or nothing for the review

    @property
    def is_for_basket(self) -> bool:
        return self.do.data == "basket"

    def wish(self) -> dict[str, Any]:
        """What the quote's function wants to know."""
        return {
            "sku_id": self.sku.data,
            "quantity": self.quantity.data,
            "form_token": self.form_token.data,
        }


class BasketForm(BaseForm):
    """The basket with a quantity for each line; `for_rows` makes it."""

    form_token = FormToken()
    do = HiddenField()  # the button that was pressed: "review", or nothing to keep quantities

    @property
    def is_for_review(self) -> bool:
        return self.do.data == "review"

    @classmethod
    def for_rows(cls, rows: Iterable[BasketRow], **options: Any) -> "BasketForm":
        fields = {
            field_of(row.id): QuantityField(
                gettext("Quantity of %(title)s", title=row.title), default=row.quantity
            )
            for row in rows
        }
        form: BasketForm = type("BasketForm", (cls,), fields)(**options)
        return form

    def quantities(self, rows: Iterable[BasketRow]) -> dict[UUID, int]:
        return {row.id: self[field_of(row.id)].data for row in rows}


class _PressedField(ChosenField):
    """As `ChosenField`, for a button that may not have been pressed."""

    def pre_validate(self, _form: WTFormsBase) -> None:
        pass


class BasketLineForm(BaseForm):
    """The line to take out, or the one to put back; nothing happens without either."""

    remove = _PressedField("Remove")
    restore = _PressedField("Undo")


class ReservationOrderForm(OrderForm):
    scope = SelectField("Scope", choices=[choice("Shared", said("Shared"))], validate_choice=False)


class BuyForm(BaseForm):
    """On the review page. `held_until` stands on it, and names the prices that were read."""

    agrees = BooleanField(
        "I have checked the customer and quantity",
        validators=[InputRequired("Check the customer and the quantity, then tick this box.")],
    )
    buyer_reference = StringField(
        "Your reference (optional)",
        validators=[Length(max=100, message="Use at most 100 characters.")],
    )
    held_until = HiddenField()

    @property
    def prices_read(self) -> dt.datetime:
        """Until when the prices on the page were held; an instant that none was held until else."""
        try:
            return dt.datetime.fromisoformat(self.held_until.data or "")
        except ValueError:
            return dt.datetime.min.replace(tzinfo=dt.UTC)


class AgainForm(BaseForm):
    """The button that buys something again."""

    form_token = FormToken()


class ApproveForm(BaseForm):
    """Nothing but its CSRF field."""


class DeclineForm(BaseForm):
    reason = TextAreaField("Reason for declining")
