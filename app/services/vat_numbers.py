"""VAT numbers: their check digits, and what those of the European Union mean for the VAT."""

import re

from stdnum.eu import vat
from stdnum.util import get_cc_module

# Northern Ireland keeps the Union's VAT for goods alone; licences and reservations are services.
_GOODS_ONLY = frozenset({"XI"})
EU_COUNTRIES = frozenset(code.upper() for code in vat.MEMBER_STATES) - _GOODS_ONLY
_SEPARATORS = re.compile(r"[\s.\-/]+")


def is_vat_number_of(country: str, vat_number: str | None) -> bool:
    """Whether the check digits hold and the number is that country's (ISO 3166 alpha-2).

    Nobody is asked whether the number is in use: that is VIES' to say.
    """
    if not vat_number or country not in EU_COUNTRIES:
        return False
    number = vat_number.replace(" ", "").upper()
    return number[:2] in {_prefix(country), country} and bool(vat.is_valid(number))


def read_vat_number(country: str, text: str) -> str | None:
    """The number as it is kept, in capitals and, in the Union, with its prefix.

    None where the check digits do not hold or it is another country's. A country whose numbers
    nobody can check here may have any.
    """
    number = _SEPARATORS.sub("", text).upper()
    if country in EU_COUNTRIES:
        candidates = (number, f"{_prefix(country)}{number}")
        return next((each for each in candidates if is_vat_number_of(country, each)), None)
    checked = get_cc_module(country.lower(), "vat")
    return number if checked is None or checked.is_valid(number) else None


def _prefix(country: str) -> str:
    return "EL" if country == "GR" else country  # Greece writes EL


def is_reverse_charged(*, seller_country: str, buyer_country: str, vat_number: str | None) -> bool:
    """Whether the buyer owes the VAT itself: a business of another country of the Union.

    Council Directive 2006/112/EC, articles 44 and 196.
    """
    is_abroad = {seller_country, buyer_country} <= EU_COUNTRIES and seller_country != buyer_country
    return is_abroad and is_vat_number_of(buyer_country, vat_number)
