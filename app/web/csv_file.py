"""CSV files of lists that have no spreadsheet."""

from collections.abc import Iterable, Sequence

from flask import Response

from app.web.list_file import Column, FileFormat, ListFile, list_file


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download, in which nothing that somebody typed is ever run."""
    columns = [Column(head) for head in heads]
    return list_file(ListFile(name=name, columns=columns, rows=rows), FileFormat.CSV)
