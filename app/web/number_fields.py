"""Form fields for numbers as people write them."""

import re
from decimal import Decimal
from typing import Any

from wtforms import Field, StringField
from wtforms.form import BaseForm as WTFormsBase
from wtforms.validators import ValidationError

_DECIMAL = re.compile(r"-?\d{1,9}(?:[.,]\d{1,8})?")


class DecimalText(StringField):
    """A decimal number with a point or a comma; `.data` is a Decimal.

    `wrong` is said of anything else, and of more decimals than `places`. A trailing % is fine.
    """

    data: Decimal | None  # type: ignore[assignment]  # WTForms thinks of text

    def __init__(self, label: str, *, wrong: str, places: int, **options: Any) -> None:
        super().__init__(label, **options)
        self.wrong = wrong
        self.places = places

    def process_formdata(self, valuelist: list[str]) -> None:
        text = "".join(valuelist).replace("\x00", "").strip().removesuffix("%").strip()
        self.data = None
        if text:
            self.data = self._parsed(text)

    def pre_validate(self, _form: WTFormsBase) -> None:
        if self.data is None and not self.process_errors and not self.flags.optional:
            raise ValidationError(self.wrong)

    def _parsed(self, text: str) -> Decimal:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(self.wrong)
        number = Decimal(text.replace(",", "."))
        if number != round(number, self.places):
            raise ValueError(f"Use at most {self.places} decimals.")
        return number

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data.normalize():f}"


def percent_field(label: str) -> Field:
    """Per cent with two decimals: `12.5`."""
    return DecimalText(label, wrong="Enter a percentage, such as 12.5.", places=2)
