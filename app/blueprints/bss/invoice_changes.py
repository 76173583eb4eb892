"""Back office: what may happen to an issued invoice: a payment, its withdrawal, a credit note."""

from uuid import UUID

from flask import Response, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.invoice_forms import CreditNoteForm, PaymentForm, WithdrawPaymentForm
from app.blueprints.bss.invoices import credit_note_page, invoice_page
from app.domain.access import Permission
from app.services import credit_notes, invoice_payments
from app.services.invoice_details import get_invoice
from app.web.forms import show_domain_error_on
from app.web.notes import leave_note
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.post("/billing/invoices/<uuid:invoice_id>/payment")
@policy(write=Permission.MANAGE_INVOICES)
def record_payment(invoice_id: UUID) -> BaseResponse:
    viewer, form = current_viewer(), PaymentForm()
    if form.validate_on_submit() and form.paid_on.data:
        with show_domain_error_on(form):
            invoice_payments.record_payment(
                viewer, invoice_id, paid_on=form.paid_on.data, reference=form.reference.data or ""
            )
            leave_note(invoice_id, _("The payment is recorded."))
            return redirect(url_for(".get_invoice", invoice_id=invoice_id), code=303)
    return invoice_page(get_invoice(viewer, invoice_id), form, status=422)


@bp.post("/billing/invoices/<uuid:invoice_id>/payment/withdraw")
@policy(write=Permission.MANAGE_INVOICES)
def withdraw_payment(invoice_id: UUID) -> BaseResponse:
    viewer, form = current_viewer(), WithdrawPaymentForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            invoice_payments.withdraw_payment(viewer, invoice_id)
            leave_note(invoice_id, _("The payment is withdrawn: the invoice is open again."))
            return redirect(url_for(".get_invoice", invoice_id=invoice_id), code=303)
    payment = PaymentForm(formdata=None)
    payment.form_errors.extend(form.form_errors)
    return invoice_page(get_invoice(viewer, invoice_id), payment, status=422)


@bp.get("/billing/invoices/<uuid:invoice_id>/credit-note")
@policy(read=Permission.MANAGE_INVOICES)
def new_credit_note(invoice_id: UUID) -> Response:
    invoice = get_invoice(current_viewer(), invoice_id)
    return credit_note_page(invoice, CreditNoteForm(invoice))


@bp.post("/billing/invoices/<uuid:invoice_id>/credit-note")
@policy(write=Permission.MANAGE_INVOICES)
def issue_credit_note(invoice_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    invoice = get_invoice(viewer, invoice_id)
    form = CreditNoteForm(invoice)
    quantities = form.quantities()
    if form.validate_on_submit() and quantities is not None:
        with show_domain_error_on(form):
            note_id = credit_notes.issue_credit_note(
                viewer, invoice_id, quantities=quantities, reason=form.reason.data or ""
            )
            leave_note(note_id, _("The credit note is issued."))
            return redirect(url_for(".get_invoice", invoice_id=note_id), code=303)
    return credit_note_page(invoice, form, status=422)
