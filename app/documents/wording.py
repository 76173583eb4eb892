"""How amounts, days and rates read in a document's language."""

import datetime as dt
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from app.domain.money import minor_units
from app.translations import Words


def money(words: Words, amount: Decimal, currency: str) -> str:
    """`€1,234.50`, `1.234,50 €`: with the currency's own decimals."""
    return format_currency(amount, currency, locale=words.locale)


def plain_money(words: Words, amount: Decimal, currency: str) -> str:
    """`1,234.50`: for a column whose head names the currency."""
    decimals = minor_units(currency)
    pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    return format_decimal(amount, pattern, locale=words.locale)


def number(words: Words, value: int) -> str:
    return format_decimal(value, locale=words.locale)


def percent(words: Words, rate: Decimal) -> str:
    """`12.5%`, `12,5 %`."""
    return format_percent(rate / 100, locale=words.locale, decimal_quantization=False)


def document_title(words: Words, *, is_credit_note: bool) -> str:
    return words.gettext("Credit note") if is_credit_note else words.gettext("Invoice")


def day(words: Words, value: dt.date) -> str:
    """`9 Dec 2026`, `9 Δεκ 2026`, `09.12.2026`."""
    return format_date(value, "medium" if words.language == "de" else "d MMM y", words.locale)
