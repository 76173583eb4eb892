"""Lists as files: what stands in them, and that nothing in them runs."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.web.list_file import Column, FileFormat, Kind, ListFile, written
from tests.support.spreadsheet import cells, quoted_texts, records

COLUMNS = [
    Column("Name"),
    Column("Quantity", Kind.NUMBER),
    Column("Total Amount", Kind.MONEY, "excl. VAT"),
    Column("Expiration Date", Kind.DATE),
    Column("Purchase Date (UTC)", Kind.INSTANT),
]
ATHENS = dt.timezone(dt.timedelta(hours=2))
ROW = [
    "Reserved VM Instance",
    7,
    Decimal("756.13"),
    dt.date(2026, 12, 9),
    dt.datetime(2026, 11, 22, 1, 30, tzinfo=ATHENS),
]
FORMULAS = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
texts = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n\0 '\"|;,_x0041\x1b\ufffe\uffff\N{FULLWIDTH EQUALS SIGN}"),
        st.characters(exclude_categories=["Cs"]),  # PostgreSQL holds no half of a pair
    ),
    max_size=40,
)


def download(rows, chosen, columns=COLUMNS, **options):
    file = ListFile(name="assets", columns=columns, rows=rows, **options)
    with Flask("a test").test_request_context():
        response = written(file, chosen)
        data = response.get_data()
        response.close()
        return response, data


def csv_rows(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_plain_numbers_dates_and_instants_in_utc():
    response, data = download([ROW], FileFormat.CSV)

    assert response.headers["Content-Disposition"] == 'attachment; filename="assets.csv"'
    assert csv_rows(data) == [
        [
            "Name",
            "Quantity",
            "Total Amount (excl. VAT)",
            "Expiration Date",
            "Purchase Date (UTC)",
        ],
        ["Reserved VM Instance", "7", "756.13", "2026-12-09", "2026-11-21T23:30:00Z"],
    ]


def test_a_spreadsheet_has_numbers_and_names_currency_and_vat():
    response, data = download([ROW], FileFormat.XLSX, currency="EUR")

    assert response.mimetype.endswith("spreadsheetml.sheet")
    assert "assets.xlsx" in response.headers["Content-Disposition"]
    (row,) = records(data)
    assert row["Total Amount (EUR, excl. VAT)"] == 756.13
    assert row["Quantity"] == 7.0
    epoch = dt.datetime(1899, 12, 30)  # noqa: DTZ001  # spreadsheets know no zones
    assert epoch + dt.timedelta(row["Expiration Date"]) == dt.datetime(2026, 12, 9)  # noqa: DTZ001
    bought = epoch + dt.timedelta(row["Purchase Date (UTC)"])
    assert abs(bought - dt.datetime(2026, 11, 21, 23, 30)) < dt.timedelta(seconds=1)  # noqa: DTZ001


def test_where_currencies_mix_the_head_names_none():
    _, data = download([ROW], FileFormat.XLSX)

    assert cells(data)[0][2] == "Total Amount (excl. VAT)"


def test_what_is_not_known_is_an_empty_cell():
    empty = [None] * len(COLUMNS)

    assert csv_rows(download([empty], FileFormat.CSV)[1])[1] == [""] * len(COLUMNS)
    assert cells(download([empty], FileFormat.XLSX)[1])[1:] in ([], [[]])


@given(texts)
@example("=cmd|' /C calc'!A0")
@example("\0=1+1")
@example(" \t=1+1")
@example("\N{NO-BREAK SPACE}=1+1")
@example("@SUM(1)")
@example("\r-1")
def test_no_text_of_a_csv_file_is_a_formula(text):
    _, data = download([[text]], FileFormat.CSV, columns=[Column("Name")])

    found = csv_rows(data)[1:]
    value = found[0][0] if found and found[0] else ""
    assert "\0" not in value
    assert not value.lstrip().startswith(FORMULAS)
    assert not value.startswith(("\t", "\r", "\n"))
    assert value.removeprefix("'") == text.replace("\0", "").removeprefix("'")


@settings(max_examples=60)
@given(texts)
@example("=cmd|' /C calc'!A0")
@example("\0=1+1")
@example("\t+1")
@example("http://evil.example/")
@example("_x003D_1+1")
def test_no_text_of_a_spreadsheet_is_a_formula_and_all_of_it_is_kept(text):
    _, data = download([[text]], FileFormat.XLSX, columns=[Column("Name")])

    kept = text.replace("\0", "").replace("\ufffe", "").replace("\uffff", "")
    found = cells(data)[1:]
    value = (found[0][0] if found and found[0] else None) or ""
    # XML readers take any end of a line for \n
    assert value.replace("\r\n", "\n").replace("\r", "\n") == kept.replace("\r\n", "\n").replace(
        "\r", "\n"
    )
    if kept.lstrip().startswith(FORMULAS):
        assert len(quoted_texts(data)) == 1


@pytest.mark.parametrize("chosen", FileFormat)
def test_rows_are_read_while_the_file_is_written(chosen):
    def rows():
        for _ in range(20_000):
            yield ["a" * 100]

    _, data = download(rows(), chosen, columns=[Column("Name")])

    assert len(data) > 20_000 / 10


def test_the_first_piece_of_a_csv_file_does_not_wait_for_the_last_row():
    read = []

    def rows():
        for number in range(5000):
            read.append(number)
            yield [number]

    with Flask("a test").test_request_context():
        file = ListFile(name="a", columns=[Column("N", Kind.NUMBER)], rows=rows())
        response = written(file, FileFormat.CSV)

        assert len(read) < 1000
        assert response.get_data().count(b"\n") == 5001
