"""The forms of price lists, exchange rates and the price calculator."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.numbers import list_currencies
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from app.domain.pricing import AdjustmentKind
from app.domain.sentences import said
from app.services.price_lists import LineEdit, PriceListEdit, PriceListView
from app.web.forms import BaseForm, choice
from app.web.number_fields import DecimalText, percent_field

_KINDS = [choice(kind.value, said(kind.label)) for kind in AdjustmentKind]


class PriceListForm(BaseForm):
    name = StringField("Name", [DataRequired("Enter a name."), Length(max=80)])
    adjustment_kind = SelectField("Prices by", choices=_KINDS)
    percent = percent_field("Percent")
    discount_percent = percent_field("Discount")
    starts_on = DateField("First day", [Optional()])
    ends_on = DateField("Last day", [Optional()])
    is_default = BooleanField("Default for every account without a list of its own")

    @classmethod
    def of(cls, view: PriceListView | None) -> "PriceListForm":
        """As the list stands, under what was sent; a new one without discount."""
        if view is None:
            return cls(discount_percent=Decimal(0))
        row = view.row
        return cls(
            name=row.name,
            adjustment_kind=row.adjustment_kind.value,
            percent=row.percent,
            discount_percent=row.discount_percent,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            is_default=row.is_default,
        )

    def edit(self) -> PriceListEdit:
        return PriceListEdit(
            name=self.name.data or "",
            is_default=self.is_default.data,
            adjustment_kind=AdjustmentKind(self.adjustment_kind.data),
            percent=self.percent.data,
            discount_percent=self.discount_percent.data,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
        )


class LineForm(BaseForm):
    product_id = SelectField("Product")
    adjustment_kind = SelectField("Price by", choices=_KINDS)
    percent = percent_field("Percent")
    discount_percent = percent_field("Discount")

    def __init__(self, view: PriceListView, **options: Any) -> None:
        super().__init__(prefix="line-", discount_percent=Decimal(0), **options)
        self.product_id.choices = [choice(str(id_), name) for id_, name in view.products]

    def edit(self) -> LineEdit:
        return LineEdit(
            product_id=UUID(self.product_id.data),
            adjustment_kind=AdjustmentKind(self.adjustment_kind.data),
            percent=self.percent.data,
            discount_percent=self.discount_percent.data,
        )


class AccountForm(BaseForm):
    account = StringField("Account", [DataRequired("Enter an account's number or name.")])


class RemoveForm(BaseForm):
    """What to take out of a list stands in a hidden field."""

    removed = StringField()

    def removed_id(self) -> UUID | None:
        """None for what is no id."""
        try:
            return UUID(self.removed.data or "")
        except ValueError:
            return None


class RateForm(BaseForm):
    from_currency = SelectField("Microsoft's currency")
    to_currency = SelectField("Account's currency")
    rate = DecimalText("Rate", wrong="Enter a rate such as 0.92.", places=8)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        codes = [choice(code, code) for code in sorted(list_currencies())]
        self.from_currency.choices = self.to_currency.choices = codes

    def wanted(self) -> tuple[str, str, Decimal]:
        """From, to, rate."""
        return self.from_currency.data, self.to_currency.data, self.rate.data or Decimal(0)
