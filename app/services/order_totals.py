"""What several lines cost together, with VAT by rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import ZERO
from app.domain.pricing import PricedLine


@dataclass(frozen=True, kw_only=True)
class VatLine:
    """All that an order taxes at one rate."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderTotal:
    """What the viewer pays for the whole order."""

    currency: str
    net: Decimal
    vat_lines: list[VatLine]

    @property
    def vat(self) -> Decimal:
        return sum((line.vat for line in self.vat_lines), ZERO)

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    def shown(self, *, with_vat: bool) -> Decimal:
        return self.gross if with_vat else self.net


def total_of(prices: Iterable[PricedLine | None], currency: str) -> OrderTotal | None:
    """VAT is rounded for each line and added up, as assets and their lists do.

    None where a price is hidden.
    """
    by_rate: dict[Decimal, VatLine] = {}
    for price in prices:
        if price is None:
            return None
        rate, net, vat = price.vat_rate, price.total.net, price.total.vat
        if rate in by_rate:
            net, vat = net + by_rate[rate].net, vat + by_rate[rate].vat
        by_rate[rate] = VatLine(rate=rate, net=net, vat=vat)
    vat_lines = [by_rate[rate] for rate in sorted(by_rate)]
    net = sum((line.net for line in vat_lines), ZERO)
    return OrderTotal(currency=currency, net=net, vat_lines=vat_lines)
