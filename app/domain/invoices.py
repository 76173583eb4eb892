"""Invoices and credit notes: their kinds, states, series, and what is still open."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.assets import AssetKind
from app.domain.errors import InvalidError
from app.domain.money import ZERO, percent_of, round_money
from app.domain.pricing import PricedLine, price_line


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"

    @property
    def label(self) -> str:
        return {"invoice": "Invoice", "credit_note": "Credit note"}[self.value]

    @property
    def sign(self) -> int:
        """What it does to what the account owes. Amounts of a credit note are positive too."""
        return 1 if self is InvoiceKind.INVOICE else -1

    def series(self, day: dt.date) -> str:
        """`INV-2026`, `CRN-2026`: numbers of a series have no gap."""
        return f"{self.prefix}-{day.year}"

    @property
    def prefix(self) -> str:
        return {"invoice": "INV", "credit_note": "CRN"}[self.value]


def document_number(series: str, sequence: int) -> str:
    """`INV-2026-000001`."""
    return f"{series}-{sequence:06d}"


def read_document_number(text: str) -> tuple[str, int]:
    """Series and sequence of `INV-2026-000057`. Raises InvalidError at the field "numbers"."""
    found = re.fullmatch(r"((?:INV|CRN)-[0-9]{4})-([0-9]{6,12})", text.strip().upper())
    if found is None:
        raise InvalidError(
            "%(text)s is no number of an invoice or a credit note.", text=text, field="numbers"
        )
    return found[1], int(found[2])


class InvoiceState(StrEnum):
    """Payment of an invoice. A credit note has none."""

    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    CREDITED = "credited"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class TaxCategory(StrEnum):
    """Why a rate is what it is: codes of UNTDID 5305 that EN 16931 permits."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"


UNITS = {AssetKind.RESERVATION: "Instance", AssetKind.SOFTWARE_SUBSCRIPTION: "Licence"}


@dataclass(frozen=True, kw_only=True)
class LineAmounts:
    """The numbers of one line of an invoice or a credit note."""

    unit_price: Decimal
    quantity: int
    discount_percent: Decimal
    vat_rate: Decimal
    currency: str
    original_total: Decimal
    discount_amount: Decimal
    net: Decimal

    @property
    def vat(self) -> Decimal:
        """Of this line alone, as its asset shows it; an invoice's VAT is that of the sum."""
        return round_money(percent_of(self.net, self.vat_rate), self.currency)


def invoiced_amounts(price: PricedLine) -> LineAmounts:
    return LineAmounts(
        unit_price=price.unit_price,
        quantity=price.quantity,
        discount_percent=price.discount_percent,
        vat_rate=price.vat_rate,
        currency=price.currency,
        original_total=price.original_total,
        discount_amount=price.discount_amount,
        net=price.total.net,
    )


def credited_amounts(line: LineAmounts, *, already: int, quantity: int) -> LineAmounts:
    """What giving back `quantity` of an invoiced line is worth, `already` having been given back.

    It is the line before less the line after, so that pieces add up to the line to the cent.
    Raises InvalidError where that many are not left.
    """
    left = line.quantity - already
    if not 1 <= quantity <= left:
        raise InvalidError("Enter a quantity from 1 to %(left)s.", left=left, field="quantity")
    before, after = _part(line, left), _part(line, left - quantity)
    return LineAmounts(
        unit_price=line.unit_price,
        quantity=quantity,
        discount_percent=line.discount_percent,
        vat_rate=line.vat_rate,
        currency=line.currency,
        original_total=before[0] - after[0],
        discount_amount=before[1] - after[1],
        net=before[0] - after[0] - (before[1] - after[1]),
    )


def _part(line: LineAmounts, quantity: int) -> tuple[Decimal, Decimal]:
    if quantity == 0:
        return ZERO, ZERO
    priced = price_line(
        line.unit_price,
        quantity,
        discount_percent=line.discount_percent,
        vat_rate=line.vat_rate,
        currency=line.currency,
    )
    return priced.original_total, priced.discount_amount


@dataclass(frozen=True, kw_only=True)
class RateTotal:
    """All of a document that is taxed at one rate: VAT is that of the summed net (EN 16931)."""

    rate: Decimal
    net: Decimal
    vat: Decimal


def totals_by_rate(lines: list[LineAmounts]) -> list[RateTotal]:
    """One for each rate, the lowest first."""
    sums: dict[Decimal, Decimal] = {}
    for line in lines:
        sums[line.vat_rate] = sums.get(line.vat_rate, ZERO) + line.net
    currency = lines[0].currency if lines else "EUR"
    return [
        RateTotal(rate=rate, net=net, vat=round_money(percent_of(net, rate), currency))
        for rate, net in sorted(sums.items())
    ]


def closing_totals(
    totals: list[RateTotal], invoiced: list[RateTotal], credited: list[RateTotal]
) -> list[RateTotal]:
    """The totals of a credit note, where it gives back the last of an invoice at some rate.

    Its VAT is then what is left of the invoice's: several credit notes, each rounded by itself,
    still take back exactly what was charged.
    """
    charged = {total.rate: total for total in invoiced}
    back = {total.rate: total for total in credited}
    return [_closing(total, charged[total.rate], back.get(total.rate)) for total in totals]


def _closing(total: RateTotal, charged: RateTotal, back: RateTotal | None) -> RateTotal:
    net_before, vat_before = (back.net, back.vat) if back else (ZERO, ZERO)
    if net_before + total.net != charged.net:
        return total
    return RateTotal(rate=total.rate, net=total.net, vat=charged.vat - vat_before)
