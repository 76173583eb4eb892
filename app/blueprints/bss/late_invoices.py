"""Back office: what a restore leaves to people: the last numbers, and invoices that are lost."""

from collections.abc import Callable
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.errors import InvalidError
from app.domain.invoices import InvoiceKind, read_document_number
from app.services import invoice_series, late_invoices
from app.web.forms import BaseForm, show_domain_error_on
from app.web.notes import leave_note
from app.web.policy import policy
from app.web.viewer import current_viewer

_SHORT = Length(max=40, message="Use at most 40 characters.")


def _number_of(kind: InvoiceKind) -> Callable[[BaseForm, Field], None]:
    """A validator: the number of such a document, whatever its year."""

    def check(form: BaseForm, field: Field) -> None:  # noqa: ARG001  # WTForms calls it so
        try:
            series, _sequence = read_document_number(field.data)
        except InvalidError as error:
            raise ValidationError(error.message) from error
        if not series.startswith(kind.prefix):
            raise ValidationError("This is the number of the other kind.")

    return check


class NumbersForm(BaseForm):
    """Nothing is filled in: what this database knows is what is in doubt."""

    invoice = StringField(
        "Last invoice",
        [InputRequired("Enter the number."), _SHORT, _number_of(InvoiceKind.INVOICE)],
    )
    credit_note = StringField(
        "Last credit note",
        [InputRequired("Enter the number."), _SHORT, _number_of(InvoiceKind.CREDIT_NOTE)],
    )
    earlier = TextAreaField(
        "Of earlier years", [Length(max=500, message="Use at most 500 characters.")]
    )

    def numbers(self) -> list[str]:
        texts = (self.invoice.data, self.credit_note.data, self.earlier.data)
        return [number for text in texts for number in (text or "").split()]


class LateInvoiceForm(BaseForm):
    """The person's word, without which nothing is issued."""

    is_not_invoiced = BooleanField(
        "The customer holds no invoice for it",
        [InputRequired("Find out first: the customer may hold the invoice that was lost here.")],
    )


@bp.get("/billing/invoices/numbers")
@policy(read=Permission.MANAGE_INVOICES)
def confirm_invoice_numbers() -> Response:
    return _numbers_page(NumbersForm(formdata=None))


@bp.post("/billing/invoices/numbers")
@policy(write=Permission.MANAGE_INVOICES)
def submit_invoice_numbers() -> BaseResponse:
    form = NumbersForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            confirmed = invoice_series.confirm_as_staff(current_viewer(), form.numbers())
            flash(_said(confirmed))
            return redirect(url_for(".list_invoices"), code=303)
    return _numbers_page(form, status=422)


@bp.get("/billing/assets/<uuid:asset_id>/invoice")
@policy(read=Permission.MANAGE_INVOICES)
def invoice_asset(asset_id: UUID) -> Response:
    asked = late_invoices.get_to_invoice(current_viewer(), asset_id)
    return _late_page(asked, LateInvoiceForm(formdata=None))


@bp.post("/billing/assets/<uuid:asset_id>/invoice")
@policy(write=Permission.MANAGE_INVOICES)
def submit_late_invoice(asset_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    asked = late_invoices.get_to_invoice(viewer, asset_id)
    form = LateInvoiceForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            invoice_id = late_invoices.invoice_asset(viewer, asset_id)
            leave_note(invoice_id, _("The invoice is issued, and mailed to whoever pays."))
            return redirect(url_for(".get_invoice", invoice_id=invoice_id), code=303)
    return _late_page(asked, form, status=422)


def _said(confirmed: invoice_series.ConfirmedNumbers) -> str:
    issued = ngettext(
        "Invoices are numbered again; %(num)s that waited is issued.",
        "Invoices are numbered again; %(num)s that waited are issued.",
        confirmed.issued,
    )
    skipped = sum(confirmed.skipped.values())
    lost = ngettext(
        "%(num)s number was given out that this database does not know.",
        "%(num)s numbers were given out that this database does not know.",
        skipped,
    )
    return f"{issued} {lost}"


def _numbers_page(form: NumbersForm, *, status: int = 200) -> Response:
    known = invoice_series.get_last_numbers(current_viewer())
    page = render_template("bss/invoices/numbers.html", known=known, form=form)
    return make_response(page, status)


def _late_page(
    asked: late_invoices.ToInvoice, form: LateInvoiceForm, *, status: int = 200
) -> Response:
    page = render_template("bss/invoices/late.html", asked=asked, form=form)
    return make_response(page, status)
