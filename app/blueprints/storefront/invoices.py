"""Invoices and credit notes of the account, and its statement."""

from uuid import UUID

from flask import Response, make_response, render_template

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.services import invoice_lists, statements
from app.services.invoice_details import get_document
from app.services.invoice_details import get_invoice as find_invoice
from app.services.statements import is_invoiced_by_us
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
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/invoices/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_invoices() -> Response:
    viewer, query = current_viewer(), read_invoice_list()
    wanted = invoice_query(query)
    if file_format := wanted_format():
        return invoice_file(invoice_lists.export_invoices(viewer, wanted), file_format)
    return render_page(
        "storefront/invoices/list.html",
        partial="storefront/invoices/_invoice_table.html",
        query=query,
        found=invoice_lists.list_invoices(viewer, wanted),
        is_invoiced_by_us=is_invoiced_by_us(viewer),
    )


@bp.get("/billing/invoices/<uuid:invoice_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_invoice(invoice_id: UUID) -> Response:
    invoice = find_invoice(current_viewer(), invoice_id)
    return make_response(render_template("storefront/invoices/detail.html", invoice=invoice))


@bp.get("/billing/invoices/<uuid:invoice_id>/pdf")
@policy(read=Permission.VIEW_STOREFRONT)
def get_invoice_pdf(invoice_id: UUID) -> Response:
    return pdf_of(get_document(current_viewer(), invoice_id))


@bp.get("/billing/invoices/<uuid:invoice_id>/xml")
@policy(read=Permission.VIEW_STOREFRONT)
def get_invoice_xml(invoice_id: UUID) -> Response:
    return xml_of(get_document(current_viewer(), invoice_id))


@bp.get("/billing/statement/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_statement() -> Response:
    viewer, period = current_viewer(), read_period()
    if file_format := wanted_format():
        entries = statements.export_statement(viewer, viewer.account_id, period)
        return statement_file(entries, file_format)
    statement = statements.get_statement(viewer, viewer.account_id, period)
    notices = unread_days()
    return make_response(
        render_template("storefront/invoices/statement.html", statement=statement, notices=notices)
    )
