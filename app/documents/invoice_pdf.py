"""An invoice or credit note as a PDF, in the language of the account that gets it."""

import datetime as dt
from pathlib import Path
from typing import NamedTuple

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, TableCellFillMode, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from app.documents.invoice import DocumentLine, InvoiceDocument, Party
from app.documents.invoice_xml import untaxed_reason
from app.documents.wording import day, document_title, money, number, percent, plain_money
from app.translations import Words, words_in

_FONTS = Path(__file__).parent.parent / "static" / "vendor" / "documents"
_FONT = "Inter"
_MARGIN = 11.0  # millimetres, as all lengths here
_SMALL, _TEXT, _TITLE = 7.5, 9.0, 18.0  # points
_GREY, _RULE, _HEAD = (90, 90, 90), (200, 200, 200), (241, 243, 246)
_HALF = (210 - 2 * _MARGIN) / 2
_LABEL = _HALF * 0.4  # of a fact beside the parties; its value has the rest
_LINE, _ROW = 4.6, 5.6
_ALL_PAGES = "{nb}"  # put in at the end
_NONE = "\N{EN DASH}"
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"


class Column(NamedTuple):
    title: str
    width: float
    align: Align


def invoice_pdf(document: InvoiceDocument) -> bytes:
    """The same bytes for the same document, whenever they are asked for."""
    words = words_in(document.language)
    pdf = _Paper(words, f"{_title(document, words)} {document.number}")
    pdf.set_creation_date(dt.datetime.combine(document.issued_on, dt.time(), dt.UTC))
    pdf.set_lang(document.language.value)
    pdf.add_page()
    _head(pdf, document, words)
    _parties(pdf, document, words)
    _lines(pdf, document, words)
    _totals(pdf, document, words)
    _notes(pdf, document, words)
    return bytes(pdf.output())


class _Paper(FPDF):
    """A4 with our font, and a foot that says which page of which document this is."""

    def __init__(self, words: Words, title: str) -> None:
        super().__init__(format="A4")
        self.words = words
        self.foot = title
        self.set_title(title)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=20)
        self.add_font(_FONT, "", _FONTS / "inter-regular.ttf")
        self.add_font(_FONT, "B", _FONTS / "inter-semibold.ttf")
        self.set_font(_FONT, size=_TEXT)
        self.set_draw_color(*_RULE)

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(_FONT, size=_SMALL)
        self.set_text_color(*_GREY)
        numbers = {"page": self.page_no(), "pages": _ALL_PAGES}
        page = self.words.gettext("Page %(page)s of %(pages)s", **numbers)
        too_wide = self.get_string_width(_ALL_PAGES) - self.get_string_width("0")
        self.cell(_HALF, 5, self.foot)
        self.cell(_HALF + too_wide, 5, page, align=Align.R)
        self.set_text_color(0)

    def line_of(self, text: str, *, width: float = _HALF, is_bold: bool = False) -> None:
        """One or more lines of text beneath each other, where the cursor stands."""
        self.set_font(style="B" if is_bold else "")
        self.multi_cell(width, _LINE, text, align=Align.L, new_x=XPos.LEFT, new_y=YPos.NEXT)


def _title(document: InvoiceDocument, words: Words) -> str:
    return document_title(words, is_credit_note=document.is_credit_note)


def _head(pdf: _Paper, document: InvoiceDocument, words: Words) -> None:
    pdf.set_font(_FONT, "B", _TITLE)
    pdf.cell(_HALF, 9, _title(document, words))
    pdf.set_font(_FONT, "B", _TEXT + 3)
    pdf.cell(_HALF, 9, document.seller.name, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(_FONT, size=_TEXT)
    pdf.ln(3)


def _parties(pdf: _Paper, document: InvoiceDocument, words: Words) -> None:
    """The seller and the facts to the left and right, the buyer beneath the seller."""
    top = pdf.get_y()
    _party(pdf, words.gettext("From"), document.seller, words)
    pdf.ln(2)
    _party(pdf, words.gettext("To"), document.buyer, words)
    bottom = pdf.get_y()
    pdf.set_xy(_MARGIN + _HALF, top)
    for label, value in _facts(document, words):
        pdf.set_x(_MARGIN + _HALF)
        pdf.set_text_color(*_GREY)
        pdf.cell(_LABEL, _LINE, label)
        pdf.set_text_color(0)
        width = _HALF - _LABEL
        pdf.multi_cell(width, _LINE, value, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_xy(_MARGIN, max(bottom, pdf.get_y()) + 4)


def _party(pdf: _Paper, role: str, party: Party, words: Words) -> None:
    pdf.set_text_color(*_GREY)
    pdf.line_of(role)
    pdf.set_text_color(0)
    pdf.line_of(party.legal_name, is_bold=True)
    pdf.set_font(style="")
    town = ", ".join(filter(None, [party.city, party.country]))
    for text in filter(None, [party.address, town]):
        pdf.line_of(text)
    if party.vat_number:
        pdf.line_of(words.gettext("VAT number: %(number)s", number=party.vat_number))


def _facts(document: InvoiceDocument, words: Words) -> list[tuple[str, str]]:
    facts = [
        (words.gettext("Number"), document.number),
        (words.gettext("Date"), day(words, document.issued_on)),
    ]
    if document.is_credit_note and document.corrects_issued_on:
        corrected = f"{document.corrects_number}, {day(words, document.corrects_issued_on)}"
        facts.append((words.gettext("Corrects invoice"), corrected))
    else:
        facts.append((words.gettext("Due date"), day(words, document.due_on)))
    facts.append((words.gettext("Order"), document.order_number))
    if document.buyer_reference:
        facts.append((words.gettext("Your reference"), document.buyer_reference))
    facts.append((words.gettext("Currency"), document.currency))
    return facts


def _columns(words: Words) -> list[Column]:
    right, left = Align.R, Align.L
    return [
        Column(words.gettext("Code"), 20, left),
        Column(words.gettext("Description"), 43, left),
        Column(words.gettext("Billing Period"), 16, left),
        Column(words.gettext("Unit Price"), 20, right),
        Column(words.gettext("Unit"), 15, left),
        Column(words.gettext("Quantity"), 15, right),
        Column(words.gettext("Original Total"), 22, right),
        Column(words.gettext("Discount"), 15, right),
        Column(words.gettext("Total"), 22, right),
    ]


def _lines(pdf: _Paper, document: InvoiceDocument, words: Words) -> None:
    pdf.set_font(_FONT, size=_SMALL)
    columns = _columns(words)
    with pdf.table(
        col_widths=tuple(column.width for column in columns),
        text_align=tuple(column.align for column in columns),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        cell_fill_color=_HEAD,
        cell_fill_mode=TableCellFillMode.NONE,
        headings_style=FontFace(emphasis="BOLD", fill_color=_HEAD),
        line_height=3.8,
        padding=(1.2, 1),
        v_align=VAlign.T,
    ) as table:
        table.row([column.title for column in columns])
        for line in document.lines:
            table.row(_cells(document, line, words))
    pdf.ln(4)


def _cells(document: InvoiceDocument, line: DocumentLine, words: Words) -> list[str]:
    currency = document.currency
    details = [line.title, line.asset_number]
    if line.customer_name:
        details.append(words.gettext("For %(customer)s", customer=line.customer_name))
    return [
        line.code.replace("-", f"-{_MAY_BREAK}"),
        "\n".join(details),
        line.billing_period,
        plain_money(words, line.unit_price, currency),
        unit_word(words, line.unit),
        number(words, line.quantity),
        plain_money(words, line.original_total, currency),
        percent(words, line.discount_percent) if line.discount_percent else _NONE,
        plain_money(words, line.net, currency),
    ]


def unit_word(words: Words, unit: str) -> str:
    known = {"Instance": words.gettext("Instance"), "Licence": words.gettext("Licence")}
    return known[unit]


def _totals(pdf: _Paper, document: InvoiceDocument, words: Words) -> None:
    """Total before tax, one line for each rate, the final price; never torn over two pages."""
    pdf.set_font(_FONT, size=_TEXT)
    rows = [(words.gettext("Total Before Tax"), document.net)]
    for tax in document.taxes:
        base = plain_money(words, tax.net, document.currency)
        rate = percent(words, tax.rate)
        label = words.gettext("VAT %(rate)s on %(base)s", rate=rate, base=base)
        rows.append((label, tax.vat))
    credited, charged = words.gettext("Credited amount"), words.gettext("Final Price")
    rows.append((credited if document.is_credit_note else charged, document.gross))
    if pdf.will_page_break(len(rows) * _ROW + 3):
        pdf.add_page()
    for label, amount in rows[:-1]:
        _total(pdf, label, money(words, amount, document.currency))
    pdf.set_font(_FONT, "B", _TEXT + 1)
    label, amount = rows[-1]
    _total(pdf, label, money(words, amount, document.currency), border="T")
    pdf.set_font(_FONT, size=_TEXT)


def _total(pdf: _Paper, label: str, amount: str, border: str = "") -> None:
    height = _ROW + 2 if border else _ROW
    pdf.set_x(_MARGIN + _HALF)
    pdf.cell(_HALF * 0.6, height, label, border or 0)
    pdf.cell(
        _HALF * 0.4,
        height,
        amount,
        border or 0,
        align=Align.R,
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )


def _notes(pdf: _Paper, document: InvoiceDocument, words: Words) -> None:
    notes = [untaxed_reason(words, tax.category) for tax in document.taxes]
    if document.reason:
        notes.append(words.gettext("Reason: %(reason)s", reason=document.reason))
    if document.vat != document.vat_line_by_line:
        apart = money(words, document.vat_line_by_line, document.currency)
        notes.append(
            words.gettext(
                "VAT is computed on the sum for each rate. Line by line it would be %(amount)s.",
                amount=apart,
            )
        )
    if document.is_credit_note:
        notes.append(words.gettext("This amount is set off against your balance."))
    else:
        due = day(words, document.due_on)
        notes.append(
            words.gettext(
                "Please pay by %(day)s and quote %(number)s.", day=due, number=document.number
            )
        )
    pdf.ln(4)
    pdf.set_text_color(*_GREY)
    for note in filter(None, notes):
        pdf.multi_cell(0, _LINE, note, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_text_color(0)
