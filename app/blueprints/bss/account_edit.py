"""Back office: a new account, and changing one."""

from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.account_form import AccountForm, NewAccountForm
from app.domain.access import AccountKind, Permission
from app.services.account_editing import (
    AccountConflict,
    AccountToEdit,
    BlankAccount,
    create_account,
    get_account_to_edit,
    get_blank_account,
)
from app.services.account_editing import save_account as save
from app.web.forms import show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/accounts/new")
@policy(read=Permission.ADMINISTER)
def new_account() -> Response:
    blank = get_blank_account(current_viewer())
    return _new_page(NewAccountForm(blank, formdata=None), blank)


@bp.post("/accounts/new")
@policy(write=Permission.ADMINISTER)
def add_account() -> BaseResponse:
    viewer = current_viewer()
    blank = get_blank_account(viewer)
    form = NewAccountForm(blank)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            account_id = create_account(viewer, AccountKind(form.kind.data), form.fields())
            flash(_("The account is made."))
            return redirect(url_for(".get_account", account_id=account_id), code=303)
    return _new_page(form, blank, status=422)


@bp.get("/accounts/<uuid:account_id>/edit")
@policy(read=Permission.ADMINISTER)
def edit_account(account_id: UUID) -> Response:
    shown = get_account_to_edit(current_viewer(), account_id)
    return _edit_page(AccountForm(shown, formdata=None), shown)


@bp.post("/accounts/<uuid:account_id>/edit")
@policy(write=Permission.ADMINISTER)
def save_account(account_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    shown = get_account_to_edit(viewer, account_id)
    form = AccountForm(shown)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            version = form.version.data or ""
            if conflict := save(viewer, account_id, form.fields(), version=version):
                form.continue_from(conflict.form.version)
                return _edit_page(form, conflict.form, conflict=conflict, status=409)
            flash(_("The account is saved."))
            return redirect(url_for(".get_account", account_id=account_id), code=303)
    return _edit_page(form, shown, status=422)


def _new_page(form: NewAccountForm, shown: BlankAccount, status: int = 200) -> Response:
    html = render_template("bss/accounts/new.html", form=form, shown=shown, conflict=None)
    return make_response(html, status)


def _edit_page(
    form: AccountForm,
    shown: AccountToEdit,
    *,
    conflict: AccountConflict | None = None,
    status: int = 200,
) -> Response:
    html = render_template("bss/accounts/edit.html", form=form, shown=shown, conflict=conflict)
    return make_response(html, status)
