"""The pages about users, the same in both faces: each blueprint puts them under its own address."""

from typing import Any
from uuid import UUID

from flask import (
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField

from app.domain.access import Role
from app.domain.sentences import said
from app.services import user_changes, users
from app.services.mail_room import MailRoom
from app.services.one_time_links import LinkKey
from app.web.forms import BaseForm, choice, show_domain_error_on
from app.web.htmx import render_page
from app.web.pagination import ListQuery, read_list
from app.web.viewer import current_viewer


class RoleForm(BaseForm):
    role = SelectField("Role")


class InviteForm(BaseForm):
    account = SelectField("Account")
    name = StringField("Name")
    email = StringField("E-mail address")
    role = SelectField("Role")


def layout_of_viewer() -> str:
    return "layouts/bss.html" if current_viewer().is_staff else "layouts/storefront.html"


def users_page() -> Response:
    viewer = current_viewer()
    query = _read_query()
    return render_page(
        "users/list.html",
        partial="users/_user_table.html",
        layout=layout_of_viewer(),
        query=query,
        found=users.list_users(viewer, _wanted(query)),
        roles=list(Role) if viewer.is_staff else users.ACCOUNT_ROLES,
        shows_account=viewer.is_staff or viewer.is_reseller,
        may_manage=users.may_manage(viewer),
    )


def user_page(user_id: UUID, form: RoleForm | None = None, status: int = 200) -> Response:
    """`form` is the one that was sent: its errors stand on the page."""
    user = users.get_user(current_viewer(), user_id)
    if form is None:
        form = RoleForm(formdata=None, role=user.row.role.value)
        form.role.choices = [choice(role.value, said(role.label)) for role in user.roles]
    html = render_template("users/detail.html", layout=layout_of_viewer(), user=user, form=form)
    return make_response(html, status)


def change_role(user_id: UUID) -> BaseResponse:
    form = RoleForm()
    form.role.choices = [
        choice(role.value, said(role.label))
        for role in users.get_user(current_viewer(), user_id).roles
    ]
    if form.validate_on_submit():
        with show_domain_error_on(form):
            user_changes.change_role(current_viewer(), user_id, Role(form.role.data))
            flash(_("The role is changed. Who was signed in has to sign in again."))
            return _to_user(user_id)
    return user_page(user_id, form, status=422)


def switch_user(user_id: UUID, *, on: bool) -> BaseResponse:
    form = _role_form(user_id)
    with show_domain_error_on(form):
        user_changes.switch_user(current_viewer(), user_id, on=on)
        flash(_("The user may sign in again.") if on else _("The user is signed out and disabled."))
        return _to_user(user_id)
    return user_page(user_id, form, status=422)


def send_password_link(user_id: UUID, *, then: str = ".get_user") -> BaseResponse:
    form = _role_form(user_id)
    with show_domain_error_on(form):
        user_changes.send_password_link(current_viewer(), user_id, link_key())
        flash(_("The link is on its way by mail. It works once, and for one hour."))
        return redirect(url_for(then, user_id=user_id), code=303)
    return user_page(user_id, form, status=422)


def sign_out_everywhere(user_id: UUID) -> BaseResponse:
    ended = user_changes.sign_out_everywhere(current_viewer(), user_id)
    flash(ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", ended))
    return _to_user(user_id)


def invite_page(form: InviteForm | None = None, status: int = 200) -> Response:
    form = form or _invite_form(formdata=None)
    return make_response(
        render_template("users/invite.html", layout=layout_of_viewer(), form=form), status
    )


def invite_user(*, then: str = ".get_user") -> BaseResponse:
    form = _invite_form()
    if form.validate_on_submit():
        new = user_changes.NewUser(
            account_id=UUID(form.account.data),
            email=form.email.data or "",
            name=form.name.data or "",
            role=Role(form.role.data),
        )
        with show_domain_error_on(form):
            user_id = user_changes.invite_user(current_viewer(), new, link_key())
            flash(_("The invitation is on its way by mail."))
            return redirect(url_for(then, user_id=user_id), code=303)
    return invite_page(form, status=422)


def link_key() -> LinkKey:
    room: MailRoom = current_app.extensions["mail_room"]
    return room.link_key


def _to_user(user_id: UUID) -> BaseResponse:
    return redirect(url_for(".get_user", user_id=user_id), code=303)


def _role_form(user_id: UUID) -> RoleForm:
    """For a change that is no matter of the role, but shows its errors on the same page."""
    user = users.get_user(current_viewer(), user_id)
    form = RoleForm(formdata=None, role=user.row.role.value)
    form.role.choices = [choice(role.value, said(role.label)) for role in user.roles]
    return form


def _invite_form(**more: Any) -> InviteForm:
    accounts = users.list_accounts_for_users(current_viewer(), _account_asked_for())
    if not accounts:
        raise NotFound
    form = InviteForm(**more)
    form.account.choices = [choice(str(each.id), each.name) for each in accounts]
    form.role.choices = [
        choice(role.value, said(role.label)) for role in reversed(accounts[0].roles)
    ]
    return form


def _account_asked_for() -> UUID | None:
    text = request.args.get("account") or request.form.get("account") or ""
    try:
        return UUID(text)
    except ValueError:
        return None


def _read_query() -> ListQuery:
    account = _account_asked_for()
    filters = {
        "role": [role.value for role in Role],
        "status": users.STATES,
        "account": [str(account)] if account else [],
    }
    return read_list("user-table", sorts=(), default_sort="name", filters=filters)


def _wanted(query: ListQuery) -> users.UserQuery:
    role, account = query.choices.get("role"), query.choices.get("account")
    return users.UserQuery(
        q=query.q,
        role=Role(role) if role else None,
        state=query.choices.get("status", ""),
        account_id=UUID(account) if account else None,
        page=query.page,
    )
