"""Back office: importing customers from Partner Center."""

from uuid import UUID

from flask import Response, flash, redirect, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.sentences import said
from app.services import customer_imports
from app.web.forms import BaseForm, choice, show_domain_error_on
from app.web.htmx import render_page
from app.web.policy import policy
from app.web.viewer import current_viewer


class ApplyForm(BaseForm):
    scope = SelectField(
        "Which customers",
        choices=[
            choice("all", said("All that differ")),
            choice("ticked", said("Only those that are ticked")),
        ],
    )
    agrees = BooleanField(
        "I have read what changes",
        validators=[InputRequired("Read what changes, then tick this.")],
    )


@bp.get("/setup/microsoft/customers")
@policy(read=Permission.ADMINISTER)
def get_customer_import() -> Response:
    return _page(ApplyForm(formdata=None))


@bp.post("/setup/microsoft/customers")
@policy(write=Permission.ADMINISTER)
def request_customer_import() -> BaseResponse:
    customer_imports.request_import(current_viewer())
    return redirect(url_for(".get_customer_import"), code=303)


@bp.post("/setup/microsoft/customers/<uuid:import_id>/apply")
@policy(write=Permission.ADMINISTER)
def apply_customer_import(import_id: UUID) -> BaseResponse:
    customer_imports.check_is_there(current_viewer(), import_id)
    form = ApplyForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            changed = customer_imports.apply_import(current_viewer(), import_id, _only(form))
            flash(ngettext("%(num)s customer follows.", "%(num)s customers follow.", changed))
            return redirect(url_for(".get_customer_import"), code=303)
    return _page(form, status=422)


def _only(form: ApplyForm) -> list[str] | None:
    """The ticked customers, or None: all of them."""
    return request.form.getlist("customer") if form.scope.data == "ticked" else None


def _page(form: ApplyForm, *, status: int = 200) -> Response:
    return render_page(
        "bss/microsoft/customers.html",
        partial="bss/microsoft/_customer_import.html",
        found=customer_imports.latest_import(current_viewer()),
        form=form,
        ticked=request.form.getlist("customer"),
        status=status,
    )
