"""Microsoft's price sheet: CSV, read while it arrives."""

import csv
from collections.abc import Iterator

from app.integrations.microsoft.fields import Fields, UnreadableAnswerError
from app.integrations.microsoft.results import PriceRow

_COLUMNS = ("ProductId", "SkuId", "SkuTitle", "TermDuration", "Currency", "UnitPrice")


def read_price_rows(lines: Iterator[bytes]) -> Iterator[PriceRow]:
    """Each row's price. A sheet with an odd row is unreadable: a price is never guessed."""
    try:
        rows = csv.DictReader(_decoded(lines), strict=True)
        if not set(_COLUMNS) <= set(rows.fieldnames or ()):
            raise UnreadableAnswerError("the price sheet lacks columns")
        for row in rows:
            yield _read_price_row(Fields({name: text for name, text in row.items() if name}))
    except (csv.Error, UnicodeDecodeError) as error:
        raise UnreadableAnswerError("the price sheet is no CSV") from error


def _decoded(lines: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line.decode("utf-8" if number else "utf-8-sig")


def _read_price_row(fields: Fields) -> PriceRow:
    effective_at = fields.instant("EffectiveStartDate")
    return PriceRow(
        product_id=fields.required_text("ProductId"),
        sku_id=fields.required_text("SkuId"),
        title=fields.text("SkuTitle"),
        term_duration=fields.optional_text("TermDuration"),
        currency=fields.required_text("Currency"),
        unit_price=fields.amount("UnitPrice"),
        effective_on=effective_at.date() if effective_at else None,
    )
