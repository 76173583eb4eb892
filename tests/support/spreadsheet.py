"""Reads an XLSX file with nothing but a ZIP and an XML reader."""

import io
import re
import zipfile
from xml.etree import ElementTree as ET

_NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_ESCAPED = re.compile(r"_x([0-9A-F]{4})_")


def cells(data):
    """Rows of the one sheet: numbers as float, text as str, empty cells as None."""
    sheet = _part(data, "xl/worksheets/sheet1.xml")
    assert sheet.findall(".//x:f", _NS) == [], "There is a formula."
    return [_row(row) for row in sheet.iterfind(".//x:sheetData/x:row", _NS)]


def quoted_texts(data):
    """The texts whose cells stay text when somebody edits them."""
    styles = _part(data, "xl/styles.xml").findall("x:cellXfs/x:xf", _NS)
    sheet = _part(data, "xl/worksheets/sheet1.xml")
    return [
        _value(cell)
        for cell in sheet.iterfind(".//x:sheetData/x:row/x:c", _NS)
        if styles[int(cell.get("s", "0"))].get("quotePrefix") == "1"
    ]


def records(data):
    """Head → value, for each row."""
    head, *rows = cells(data)
    width = len(head)
    return [dict(zip(head, row + [None] * (width - len(row)), strict=True)) for row in rows]


def _part(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return ET.fromstring(archive.read(name))  # noqa: S314  # a file of ours


def _row(row):
    found = {_column(cell.get("r")): _value(cell) for cell in row.iterfind("x:c", _NS)}
    return [found.get(index) for index in range(max(found, default=-1) + 1)]


def _column(reference):
    index = 0
    for letter in reference.rstrip("0123456789"):
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _value(cell):
    if cell.get("t") == "inlineStr":
        text = "".join(part.text or "" for part in cell.iterfind(".//x:t", _NS))
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    number = cell.find("x:v", _NS)
    assert cell.get("t", "n") == "n", cell.get("t")
    return None if number is None else float(number.text)
