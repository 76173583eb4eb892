"""Forms of an invoice: its payment, and what is taken back of it."""

from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app.services.invoice_details import InvoiceView, ShownLine
from app.web.forms import BaseForm

_LARGEST = 10**12


_NO_DAY = "Enter the day, such as 2026-03-31."


class _Day(DateField):
    """Says what a day looks like, where WTForms would say that a value is not valid."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_NO_DAY) from error


class PaymentForm(BaseForm):
    paid_on = _Day("Paid on", [InputRequired(_NO_DAY)])
    reference = StringField(
        "Reference", [Length(max=140, message="Use at most 140 characters.")], default=""
    )


class WithdrawPaymentForm(BaseForm):
    """A button alone."""


class CreditNoteForm(BaseForm):
    """One number for each line, named by the line's id: the lines are known when it is shown."""

    reason = TextAreaField(
        "Reason",
        [
            DataRequired("Say why, for the customer to read."),
            Length(max=500, message="Use at most 500 characters."),
        ],
    )

    def __init__(self, invoice: InvoiceView, **options: Any) -> None:
        super().__init__(**options)
        self.lines = [line for line in invoice.lines if line.quantity_left]
        self.line_errors: dict[UUID, str] = {}

    def typed(self, line: ShownLine) -> str:
        """What stands in the field: what was typed, else all that is left."""
        return request.form.get(self.field_name(line), str(line.quantity_left))[:20]

    @staticmethod
    def field_name(line: ShownLine) -> str:
        return f"quantity-{line.id}"

    def quantities(self) -> dict[UUID, int] | None:
        """Line → how many; None where a field holds no number that is left, with its message."""
        found = {line.id: self._quantity(line) for line in self.lines}
        for line in self.lines:
            if found[line.id] is None:
                text = _(
                    "Enter a whole number from 0 to %(quantity_left)s.",
                    quantity_left=line.quantity_left,
                )
                self.line_errors[line.id] = text
        if self.line_errors:
            return None
        return {line_id: count for line_id, count in found.items() if count is not None}

    def _quantity(self, line: ShownLine) -> int | None:
        text = self.typed(line).strip() or "0"
        if not (text.isascii() and text.isdecimal()) or int(text) > min(
            line.quantity_left, _LARGEST
        ):
            return None
        return int(text)
