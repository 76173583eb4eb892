"""VAT numbers of the European Union: their check digits, and what they mean for the VAT."""

from stdnum.eu import vat

# Northern Ireland keeps the Union's VAT for goods alone; licences and reservations are services.
_GOODS_ONLY = frozenset({"XI"})
EU_COUNTRIES = frozenset(code.upper() for code in vat.MEMBER_STATES) - _GOODS_ONLY


def is_vat_number_of(country: str, vat_number: str | None) -> bool:
    """Whether the check digits hold and the number is that country's (ISO 3166 alpha-2).

    Nobody is asked whether the number is in use: that is VIES' to say.
    """
    if not vat_number or country not in EU_COUNTRIES:
        return False
    number = vat_number.replace(" ", "").upper()
    prefix = "EL" if country == "GR" else country  # Greece writes EL
    return number[:2] in {prefix, country} and bool(vat.is_valid(number))


def is_reverse_charged(*, seller_country: str, buyer_country: str, vat_number: str | None) -> bool:
    """Whether the buyer owes the VAT itself: a business of another country of the Union.

    Council Directive 2006/112/EC, articles 44 and 196.
    """
    is_abroad = {seller_country, buyer_country} <= EU_COUNTRIES and seller_country != buyer_country
    return is_abroad and is_vat_number_of(buyer_country, vat_number)
