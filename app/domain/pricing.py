"""From Microsoft's cost to what a customer pays: margin or markup, quantity, discount, VAT.

The rules are those of docs/money.md, with its worked numbers.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.errors import InvalidError
from app.domain.money import ZERO, TaxedPrice, percent_of, round_money

_HUNDRED = Decimal(100)


class AdjustmentKind(StrEnum):
    """How a price list turns cost into a price."""

    MARGIN = "margin"  # cost / (1 - m): m per cent of the price is ours
    MARKUP = "markup"  # cost * (1 + k): k per cent on top of the cost

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True)
class Adjustment:
    kind: AdjustmentKind
    percent: Decimal

    def __post_init__(self) -> None:
        if self.kind is AdjustmentKind.MARGIN and not ZERO <= self.percent < _HUNDRED:
            raise InvalidError("A margin is at least 0 % and below 100 %.", field="percent")
        if self.percent <= -_HUNDRED:
            raise InvalidError("A markup cannot take the whole price away.", field="percent")

    def applied_to(self, cost: Decimal) -> Decimal:
        """The price before rounding."""
        if self.kind is AdjustmentKind.MARGIN:
            return cost * _HUNDRED / (_HUNDRED - self.percent)
        return cost + percent_of(cost, self.percent)


@dataclass(frozen=True, kw_only=True)
class UnitPrices:
    """One instance, net, each rounded to the currency's minor units when frozen.

    `cost` keeps Microsoft's four decimals. `selling` is None where no reseller stands between.
    """

    cost: Decimal
    buying: Decimal
    selling: Decimal | None
    currency: str


def unit_prices(
    cost: Decimal,
    currency: str,
    *,
    adjustment: Adjustment,
    rate: Decimal = Decimal(1),
    selling_markup: Decimal | None = None,
) -> UnitPrices:
    """What one instance costs, is bought for and is sold for.

    `rate` converts the cost into `currency` and comes before margin or markup.
    `selling_markup` is the reseller's, in per cent; None for whoever buys without a reseller.
    """
    converted = cost * rate
    buying = round_money(adjustment.applied_to(converted), currency)
    selling = None
    if selling_markup is not None:
        markup = Adjustment(AdjustmentKind.MARKUP, selling_markup)
        selling = round_money(markup.applied_to(buying), currency)
    return UnitPrices(cost=cost, buying=buying, selling=selling, currency=currency)


@dataclass(frozen=True, kw_only=True)
class PricedLine:
    """Every number of one line, each following from those above it."""

    unit_price: Decimal
    quantity: int
    discount_percent: Decimal
    vat_rate: Decimal
    currency: str
    original_total: Decimal
    discount_amount: Decimal
    total: TaxedPrice

    def unit_price_shown(self, *, with_vat: bool) -> Decimal:
        """For showing only: a total is never computed from a rounded gross unit price."""
        if not with_vat:
            return round_money(self.unit_price, self.currency)
        gross = self.unit_price + percent_of(self.unit_price, self.vat_rate)
        return round_money(gross, self.currency)


def price_line(
    unit_price: Decimal,
    quantity: int,
    *,
    discount_percent: Decimal,
    vat_rate: Decimal,
    currency: str,
) -> PricedLine:
    """Quantity times unit price, less the discount, plus VAT on the net total."""
    if quantity < 1:
        raise InvalidError("Enter a quantity of 1 or more.", field="quantity")
    if not ZERO <= discount_percent <= _HUNDRED:
        raise InvalidError("A discount is between 0 and 100 %.", field="discount")
    full = unit_price * quantity
    original = round_money(full, currency)
    discount = round_money(percent_of(full, discount_percent), currency)
    net = original - discount
    vat = round_money(percent_of(net, vat_rate), currency)
    return PricedLine(
        unit_price=unit_price,
        quantity=quantity,
        discount_percent=discount_percent,
        vat_rate=vat_rate,
        currency=currency,
        original_total=original,
        discount_amount=discount,
        total=TaxedPrice(net=net, vat=vat),
    )
