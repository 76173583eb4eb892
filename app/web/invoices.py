"""What the invoice pages of both faces share: the list's query string, and the files."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from flask import Response, request

from app.documents.invoice import InvoiceDocument
from app.domain.invoices import InvoiceKind, InvoiceState
from app.domain.money import round_money
from app.services.invoice_lists import InvoiceQuery, InvoiceRow, InvoiceSort
from app.services.statements import EntryRow, Period
from app.web.list_file import FORMATS, Column, FileFormat, Kind, ListFile, list_file
from app.web.pagination import ListQuery, ignored, read_list

STATUSES = [*(str(state) for state in InvoiceState), "credit_note"]
_DAYS = ("from", "to")


def read_invoice_list() -> ListQuery:
    """The newest first, unless the query string says otherwise."""
    query = read_list(
        "invoice-table",
        sorts=[str(sort) for sort in InvoiceSort],
        default_sort="-issued",
        filters={"status": STATUSES, "format": FORMATS},
    )
    return with_days(query)


def with_days(query: ListQuery) -> ListQuery:
    """`query` with the days of the filters `from` and `to`; what is no day becomes a notice."""
    days = {name: day for name in _DAYS if (day := as_day(request.args.get(name, "")))}
    choices = {**query.choices, **{name: day.isoformat() for name, day in days.items()}}
    return replace(query, choices=choices, notices=(*query.notices, *unread_days()))


def unread_days() -> list[str]:
    """What is to be said of a `from` or `to` in the address that is no day."""
    texts = {name: request.args.get(name, "") for name in _DAYS}
    return [ignored(name) for name, text in texts.items() if text and not as_day(text)]


def as_day(text: str) -> dt.date | None:
    """A day as a date field sends it: 2026-03-31."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def read_period() -> Period:
    """The days of a statement; what is no day is told by `unread_days`."""
    return Period(
        from_day=as_day(request.args.get("from", "")), to_day=as_day(request.args.get("to", ""))
    )


def invoice_query(query: ListQuery, *, account_id: UUID | None = None) -> InvoiceQuery:
    status = query.choices.get("status")
    is_state = status is not None and status != "credit_note"
    return InvoiceQuery(
        q=query.q,
        state=InvoiceState(status) if is_state and status else None,
        kind=InvoiceKind.CREDIT_NOTE if status == "credit_note" else None,
        issued_from=as_day(query.choices.get("from", "")),
        issued_to=as_day(query.choices.get("to", "")),
        account_id=account_id,
        sort=InvoiceSort(query.sort),
        descending=query.descending,
        page=query.page,
    )


def invoice_file(rows: Iterable[InvoiceRow], chosen: FileFormat) -> Response:
    """Credit notes count below nought here, so that a column adds up."""
    columns = [
        Column("Number"),
        Column("Type"),
        Column("Account"),
        Column("Date", Kind.DATE),
        Column("Due date", Kind.DATE),
        Column("Order"),
        Column("Reference"),
        Column("Status"),
        Column("Total Before Tax", Kind.MONEY),
        Column("VAT", Kind.MONEY),
        Column("Final Price", Kind.MONEY),
        Column("Open", Kind.MONEY),
        Column("Paid on", Kind.DATE),
        Column("Currency"),
    ]
    file = ListFile(name="invoices", columns=columns, rows=(_cells(row) for row in rows))
    return list_file(file, chosen)


def _cells(row: InvoiceRow) -> list[object]:
    amounts = (row.net * row.kind.sign, row.vat * row.kind.sign, row.gross * row.kind.sign)
    return [
        row.number,
        row.kind.label,
        row.account_name,
        row.issued_on,
        row.due_on,
        row.order_number,
        row.buyer_reference,
        row.state.label if row.state else row.kind.label,
        *(round_money(amount, row.currency) for amount in (*amounts, row.open_amount)),
        row.paid_on,
        row.currency,
    ]


def statement_file(rows: Iterable[EntryRow], chosen: FileFormat) -> Response:
    """Every entry of a statement, with the balance after it."""
    columns = [
        Column("Date", Kind.DATE),
        Column("Type"),
        Column("Number"),
        Column("Reference"),
        Column("Amount", Kind.MONEY, "incl. VAT"),
        Column("Balance", Kind.MONEY, "incl. VAT"),
        Column("Currency"),
    ]
    cells = (
        [
            row.entry.day,
            row.entry.kind.label,
            row.entry.number,
            row.entry.reference,
            round_money(row.entry.amount, row.currency),
            round_money(row.entry.balance, row.currency),
            row.currency,
        ]
        for row in rows
    )
    return list_file(ListFile(name="statement", columns=columns, rows=cells), chosen)


def pdf_of(document: InvoiceDocument) -> Response:
    """A download in the language of the account that it was issued to."""
    # Its libraries are a quarter of what a process loads: the first document loads them.
    from app.documents.invoice_pdf import invoice_pdf  # noqa: PLC0415

    return _download(invoice_pdf(document), "application/pdf", f"{document.number}.pdf")


def xml_of(document: InvoiceDocument) -> Response:
    """The e-invoice. Raises ConflictError where the standard cannot be met."""
    from app.documents.invoice_xml import invoice_xml  # noqa: PLC0415 (as above)

    return _download(invoice_xml(document), "application/xml", f"{document.number}.xml")


def _download(content: bytes, mimetype: str, name: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
