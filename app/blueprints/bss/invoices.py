"""Back office: invoices and credit notes of every account, and the statement of one."""

from uuid import UUID

from flask import Response, make_response, render_template

from app.blueprints.bss import bp
from app.blueprints.bss.invoice_forms import CreditNoteForm, PaymentForm
from app.blueprints.bss.owner_filter import owner_of, with_owners
from app.domain.access import Permission
from app.services import invoice_lists, statements
from app.services.invoice_details import InvoiceView, get_document
from app.services.invoice_details import get_invoice as find_invoice
from app.web.htmx import render_page
from app.web.invoices import (
    invoice_file,
    invoice_query,
    pdf_of,
    read_invoice_list,
    read_period,
    statement_file,
    unread_days,
    xml_of,
)
from app.web.list_file import wanted_format
from app.web.notes import take_note
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/invoices/")
@policy(read=Permission.VIEW_BSS)
def list_invoices() -> Response:
    viewer, query = current_viewer(), with_owners(read_invoice_list(), ("account",))
    wanted = invoice_query(query, account_id=owner_of(query, "account"))
    if file_format := wanted_format():
        return invoice_file(invoice_lists.export_invoices(viewer, wanted), file_format)
    return render_page(
        "bss/invoices/list.html",
        partial="bss/invoices/_invoice_table.html",
        query=query,
        found=invoice_lists.list_invoices(viewer, wanted),
    )


@bp.get("/billing/invoices/<uuid:invoice_id>/")
@policy(read=Permission.VIEW_BSS)
def get_invoice(invoice_id: UUID) -> Response:
    invoice = find_invoice(current_viewer(), invoice_id)
    return invoice_page(invoice, PaymentForm(formdata=None, paid_on=invoice.today))


@bp.get("/billing/invoices/<uuid:invoice_id>/pdf")
@policy(read=Permission.VIEW_BSS)
def get_invoice_pdf(invoice_id: UUID) -> Response:
    return pdf_of(get_document(current_viewer(), invoice_id))


@bp.get("/billing/invoices/<uuid:invoice_id>/xml")
@policy(read=Permission.VIEW_BSS)
def get_invoice_xml(invoice_id: UUID) -> Response:
    return xml_of(get_document(current_viewer(), invoice_id))


@bp.get("/accounts/<uuid:account_id>/statement")
@policy(read=Permission.VIEW_BSS)
def get_statement(account_id: UUID) -> Response:
    viewer, period = current_viewer(), read_period()
    if file_format := wanted_format():
        entries = statements.export_statement(viewer, account_id, period)
        return statement_file(entries, file_format)
    statement = statements.get_statement(viewer, account_id, period)
    notices = unread_days()
    return make_response(
        render_template("bss/invoices/statement.html", statement=statement, notices=notices)
    )


def invoice_page(invoice: InvoiceView, form: PaymentForm, status: int = 200) -> Response:
    page = render_template(
        "bss/invoices/detail.html", invoice=invoice, form=form, note=take_note(invoice.id)
    )
    return make_response(page, status)


def credit_note_page(invoice: InvoiceView, form: CreditNoteForm, status: int = 200) -> Response:
    page = render_template("bss/invoices/credit_note.html", invoice=invoice, form=form)
    return make_response(page, status)
