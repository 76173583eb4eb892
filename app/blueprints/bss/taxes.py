"""Back office: VAT rates."""

from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.tax_rule_form import DeleteForm, TaxRuleForm
from app.domain.access import Permission
from app.services import taxes
from app.services.taxes import TaxRuleRow
from app.web.forms import show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/setup/taxes/")
@policy(read=Permission.VIEW_BSS)
def list_tax_rules() -> Response:
    rules = taxes.list_tax_rules(current_viewer())
    return make_response(render_template("bss/taxes/list.html", rules=rules))


@bp.get("/setup/taxes/new")
@policy(read=Permission.MANAGE_PRICES)
def new_tax_rule() -> Response:
    return _form_page(TaxRuleForm())


@bp.post("/setup/taxes/new")
@policy(write=Permission.MANAGE_PRICES)
def add_tax_rule() -> BaseResponse:
    form = TaxRuleForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            taxes.save_tax_rule(current_viewer(), form.edit())
            return _back_to_list(_("The tax rule is added."))
    return _form_page(form, status=422)


@bp.get("/setup/taxes/<uuid:rule_id>/")
@policy(read=Permission.MANAGE_PRICES)
def edit_tax_rule(rule_id: UUID) -> Response:
    rule = taxes.get_tax_rule(current_viewer(), rule_id)
    return _form_page(TaxRuleForm.of(rule), rule)


@bp.post("/setup/taxes/<uuid:rule_id>/")
@policy(write=Permission.MANAGE_PRICES)
def save_tax_rule(rule_id: UUID) -> BaseResponse:
    rule = taxes.get_tax_rule(current_viewer(), rule_id)
    form = TaxRuleForm.of(rule)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            taxes.save_tax_rule(current_viewer(), form.edit(), rule_id=rule_id)
            return _back_to_list(_("The tax rule is saved."))
    return _form_page(form, rule, status=422)


@bp.post("/setup/taxes/<uuid:rule_id>/delete")
@policy(write=Permission.MANAGE_PRICES)
def delete_tax_rule(rule_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    rule = taxes.get_tax_rule(viewer, rule_id)
    form = DeleteForm()
    if form.validate_on_submit():
        taxes.delete_tax_rule(viewer, rule_id)
        return _back_to_list(_("The tax rule is deleted."))
    return _form_page(TaxRuleForm.of(rule), rule, delete_form=form, status=422)


def _back_to_list(message: str) -> BaseResponse:
    flash(message)
    return redirect(url_for(".list_tax_rules"), code=303)


def _form_page(
    form: TaxRuleForm,
    rule: TaxRuleRow | None = None,
    *,
    delete_form: DeleteForm | None = None,
    status: int = 200,
) -> Response:
    page = render_template(
        "bss/taxes/edit.html", form=form, rule=rule, delete_form=delete_form or DeleteForm()
    )
    return make_response(page, status)
