"""Money: rounding in one place, a price with its VAT, percentages."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
_HUNDRED = Decimal(100)
# ISO 4217, where it is not 2. Funds and codes that nobody pays in are left out.
MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


def minor_units(currency: str) -> int:
    """How many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return MINOR_UNITS.get(currency, 2)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Half up to the currency's minor units: the one rounding rule of the product.

    EN 16931 fixes the decimals but no mode; half up is what tax offices compute.
    """
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """That many per cent of the amount, not rounded."""
    return amount * percent / _HUNDRED


@dataclass(frozen=True)
class TaxedPrice:
    """A net amount and its VAT, both rounded. Gross is always derived, so the three agree."""

    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    def shown(self, *, with_vat: bool) -> Decimal:
        return self.gross if with_vat else self.net
