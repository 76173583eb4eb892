"""A list as a file, CSV or a spreadsheet, in which nothing that somebody typed is ever run.

Rows are read while the file is written, so its size costs no memory. CSV is sent while it is
written; a spreadsheet is a ZIP, which is sent once it is whole.
"""

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain, islice, repeat
from typing import IO, Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context

from app.domain.errors import ConflictError
from app.services.audit import audit_export
from app.web.viewer import current_viewer

_STARTS_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
_BREAKS = ("\t", "\r", "\n")
_AT_FIRST, _AT_ONCE = 100, 500  # lines in a piece: the first is sent soon
_PIECE = 64 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_ROWS = 1_048_575  # of a sheet, below its head
_LONGEST_TEXT = 32_767  # characters of one cell
_NO_FILTERS = ("format", "page", "after", "before", "per_page")
_NEVER_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF))


class FileFormat(StrEnum):
    """The values of `format=`."""

    CSV = "csv"
    XLSX = "xlsx"


FORMATS = [str(each) for each in FileFormat]


class Kind(StrEnum):
    """How a spreadsheet shows a column. Money is a Decimal that is rounded already."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    INSTANT = "instant"  # shown in UTC


_WIDTHS = {Kind.TEXT: 30, Kind.NUMBER: 12, Kind.MONEY: 16, Kind.DATE: 12, Kind.INSTANT: 19}


@dataclass(frozen=True)
class Column:
    """`note` says whether money is with VAT; a spreadsheet's head names the currency too."""

    head: str
    kind: Kind = Kind.TEXT
    note: str = ""

    def title(self, currency: str = "") -> str:
        said = ", ".join(filter(None, (currency if self.kind is Kind.MONEY else "", self.note)))
        return f"{self.head} ({said})" if said else self.head


@dataclass(frozen=True, kw_only=True)
class ListFile:
    """`name` is the file's, without its ending; `currency` where all rows share one."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    currency: str = ""


def wanted_format() -> FileFormat | None:
    """What `format=` asks for; None: the page. read_list() notices what nobody knows."""
    value = request.args.get("format")
    return FileFormat(value) if value in FORMATS else None


def list_file(file: ListFile, chosen: FileFormat) -> Response:
    """A download of `file`; the audit log tells who took it, and what it was filtered by."""
    filters = urlencode([pair for pair in request.args.items() if pair[0] not in _NO_FILTERS])
    audit_export(current_viewer(), file.name, file_format=chosen, filters=filters)
    return written(file, chosen)


def written(file: ListFile, chosen: FileFormat) -> Response:
    """`file` in the format `chosen`, of which the audit log knows nothing."""
    return _xlsx(file) if chosen is FileFormat.XLSX else _csv(file)


def guarded(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = text.replace("\0", "")
    return f"'{text}" if _looks_like_formula(text) else text


def _looks_like_formula(text: str) -> bool:
    return text.startswith(_BREAKS) or text.lstrip().startswith(_STARTS_FORMULA)


# ---------------------------------------------------------------- CSV


def _csv(file: ListFile) -> Response:
    pieces = _csv_pieces(file)
    first = next(pieces)  # what cannot be read is an error page, not half a file
    response = Response(stream_with_context(chain([first], pieces)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}.csv"'
    return response


def _csv_pieces(file: ListFile) -> Iterator[bytes]:
    rows = chain([[column.title() for column in file.columns]], file.rows)
    encoding = "utf-8-sig"  # the mark at the beginning tells spreadsheets that it is UTF-8
    sizes = chain([_AT_FIRST], repeat(_AT_ONCE))
    while some := list(islice(rows, next(sizes))):
        text = io.StringIO()
        csv.writer(text).writerows([_csv_cell(value) for value in row] for row in some)
        yield text.getvalue().encode(encoding)
        encoding = "utf-8"


def _csv_cell(value: object) -> object:
    """Numbers stay what they are, a negative one too."""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else value


# ---------------------------------------------------------------- spreadsheet


def _xlsx(file: ListFile) -> Response:
    target = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it is sent
    try:
        _Sheet(target, file).write()
    except BaseException:
        target.close()
        raise
    size = target.tell()
    response = Response(_pieces_of(target), mimetype=_XLSX)
    response.call_on_close(target.close)
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}.xlsx"'
    return response


def _pieces_of(target: IO[bytes]) -> Iterator[bytes]:
    with target:
        target.seek(0)
        while piece := target.read(_PIECE):
            yield piece


class _Sheet:
    """Writes row after row; XlsxWriter keeps no more than one of them."""

    def __init__(self, target: IO[bytes], file: ListFile) -> None:
        # Loaded with the first workbook: most processes never make one.
        import xlsxwriter  # noqa: PLC0415

        self._file = file
        self._book = xlsxwriter.Workbook(target, {"constant_memory": True})
        self._sheet = self._book.add_worksheet(file.name[:31].capitalize())
        self._formats: dict[str, Any] = {}

    def write(self) -> None:
        with self._book:
            self._write_heads()
            for number, row in enumerate(self._file.rows, 1):
                if number > _MOST_ROWS:
                    raise ConflictError(
                        "A spreadsheet holds %(most_rows)s rows: filter the list, or take CSV.",
                        most_rows=f"{_MOST_ROWS:,}",
                    )
                for index, value in enumerate(row):
                    self._write_cell(number, index, value)

    def _write_heads(self) -> None:
        bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._file.columns):
            self._sheet.set_column(index, index, _WIDTHS[column.kind])
            self._sheet.write_string(0, index, column.title(self._file.currency), bold)

    def _write_cell(self, row: int, index: int, value: object) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            self._write_text(row, index, value)
        elif isinstance(value, Decimal):
            self._sheet.write_number(row, index, float(value), self._number_format(index, value))
        elif isinstance(value, dt.datetime):
            instant = value.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
            self._sheet.write_datetime(row, index, instant, self._format("yyyy-mm-dd hh:mm:ss"))
        elif isinstance(value, dt.date):
            self._sheet.write_datetime(row, index, value, self._format("yyyy-mm-dd"))
        elif isinstance(value, int):
            self._sheet.write_number(row, index, value)
        else:
            raise TypeError(f"No cell holds {type(value).__name__}.")

    def _write_text(self, row: int, index: int, value: str) -> None:
        """Always a string cell. The quote mark keeps it one when somebody edits it."""
        text = value.replace("\0", "").translate(_NEVER_IN_XML)[:_LONGEST_TEXT]
        shape = self._format("quoted") if _looks_like_formula(text) else None
        self._sheet.write_string(row, index, text, shape)

    def _number_format(self, index: int, value: Decimal) -> Any:
        if self._file.columns[index].kind is not Kind.MONEY:
            return None
        exponent = value.as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return self._format(f"#,##0.{'0' * decimals}" if decimals else "#,##0")

    def _format(self, pattern: str) -> Any:
        if pattern not in self._formats:
            options = {"quote_prefix": True} if pattern == "quoted" else {"num_format": pattern}
            self._formats[pattern] = self._book.add_format(options)
        return self._formats[pattern]
