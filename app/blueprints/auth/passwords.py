"""Forgotten passwords, and choosing one by a one-time link."""

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField, PasswordField, StringField

from app.blueprints.auth import bp
from app.services import own_password
from app.services.password_requests import ask_for_password
from app.web.forms import BaseForm, show_domain_error_on
from app.web.policy import policy
from app.web.sign_in_limits import count_asking
from app.web.viewer import end_session

_LONGEST_EMAIL = 254


class ForgottenForm(BaseForm):
    email = StringField("Email")


class ChooseForm(BaseForm):
    token = HiddenField()
    password = PasswordField("New password")
    again = PasswordField("New password again")


@bp.get("/password/forgotten")
@policy(public=True)
def forgotten_password() -> Response:
    return make_response(render_template("auth/forgotten.html", form=ForgottenForm()))


@bp.post("/password/forgotten")
@policy(public=True)
def ask_for_link() -> BaseResponse:
    """The same work and the same answer for every e-mail, whoever has it or has it not."""
    form = ForgottenForm()
    email = (form.email.data or "")[:_LONGEST_EMAIL]
    if "@" not in email:
        form.email.errors = [_("Enter the e-mail address that you sign in with.")]
        return make_response(render_template("auth/forgotten.html", form=form), 422)
    count_asking(email)
    ask_for_password(email)
    return redirect(url_for(".link_is_sent"), code=303)


@bp.get("/password/sent")
@policy(public=True)
def link_is_sent() -> Response:
    return make_response(render_template("auth/link_is_sent.html"))


@bp.get("/password/new")
@policy(public=True)
def new_password() -> Response:
    """Looking uses nothing up: mail programs open links by themselves."""
    token = request.args.get("token", "")
    return _choose_page(ChooseForm(formdata=None, token=token), token)


@bp.post("/password/new")
@policy(public=True)
def choose_password() -> BaseResponse:
    form = ChooseForm()
    token, password = form.token.data or "", form.password.data or ""
    if password != (form.again.data or ""):
        form.again.errors = [_("The two passwords differ.")]
        return _choose_page(form, token, status=422)
    with show_domain_error_on(form):
        own_password.choose_password(token, password)
        end_session()
        flash(_("Your password is set. Sign in with it."))
        return redirect(url_for(".sign_in"), code=303)
    return _choose_page(form, token, status=422)


def _choose_page(form: ChooseForm, token: str, status: int = 200) -> Response:
    owner = own_password.find_link_owner(token)
    if owner is None:
        response = make_response(render_template("auth/link_is_over.html"), 410)
    else:
        html = render_template("auth/choose.html", form=form, owner=owner)
        response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response
