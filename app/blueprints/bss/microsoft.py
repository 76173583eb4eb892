"""Back office: our connection to Microsoft, its consent and its test."""

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services import connection_trial, microsoft_setup
from app.web.forms import BaseForm, show_domain_error_on
from app.web.htmx import render_page
from app.web.policy import policy
from app.web.viewer import current_viewer

_ANSWERS = ("code", "state", "error", "error_description", "session_state")
_LONGEST_ANSWER = 8000


class IdentityForm(BaseForm):
    tenant_id = StringField("Partner tenant ID")
    client_id = StringField("Application (client) ID")
    client_secret = PasswordField("Client secret")


class AnswerForm(BaseForm):
    """What Microsoft sent the browser back with."""

    state = StringField(validators=[InputRequired("Begin the consent again.")])
    code = StringField()
    error = StringField()
    error_description = StringField()
    session_state = StringField()

    def answer(self) -> dict[str, str]:
        values = {name: str(self[name].data or "")[:_LONGEST_ANSWER] for name in _ANSWERS}
        return {name: value for name, value in values.items() if value}


@bp.get("/setup/microsoft/")
@policy(read=Permission.ADMINISTER)
def microsoft_connection() -> Response:
    return _page()


@bp.post("/setup/microsoft/")
@policy(write=Permission.ADMINISTER)
def save_microsoft_identity() -> BaseResponse:
    form = IdentityForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            microsoft_setup.save_identity(
                current_viewer(),
                current_app.extensions["settings"],
                tenant_id=form.tenant_id.data or "",
                client_id=form.client_id.data or "",
                client_secret=form.client_secret.data or "",
            )
            return _back(_("Saved. Consent comes next, then the test."))
    return _page(form)


@bp.post("/setup/microsoft/consent")
@policy(write=Permission.ADMINISTER)
def begin_microsoft_consent() -> BaseResponse:
    form = BaseForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            microsoft_setup.begin_consent(
                current_viewer(), current_app.extensions["settings"], _redirect_uri()
            )
            return _back(_("Microsoft's page is ready: go there and agree."))
    return _page(consent=form)


@bp.get("/setup/microsoft/consented")
@policy(read=Permission.ADMINISTER)
def return_from_microsoft() -> Response:
    """Where Microsoft sends the browser back to. Nothing is stored before the person says so."""
    given = {name: request.args.get(name, "") for name in _ANSWERS}
    return _answer_page(AnswerForm(formdata=None, data=given))


@bp.post("/setup/microsoft/consented")
@policy(write=Permission.ADMINISTER)
def finish_microsoft_consent() -> BaseResponse:
    form = AnswerForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            microsoft_setup.finish_consent(
                current_viewer(), current_app.extensions["settings"], form.answer()
            )
            return _back(_("Connected. Test the connection now."))
    return _answer_page(form, status=422)


@bp.post("/setup/microsoft/test")
@policy(write=Permission.ADMINISTER)
def try_microsoft_connection() -> BaseResponse:
    connection_trial.try_connection(current_viewer(), current_app.extensions["settings"])
    return _back(_("Tested."))


def _redirect_uri() -> str:
    """The application at Microsoft has to know it, to the letter."""
    return url_for(".return_from_microsoft", _external=True)


def _back(message: str) -> BaseResponse:
    flash(message)
    return redirect(url_for(".microsoft_connection"), code=303)


def _page(form: IdentityForm | None = None, consent: BaseForm | None = None) -> Response:
    settings = current_app.extensions["settings"]
    state = microsoft_setup.get_connection(current_viewer(), settings)
    known = {"tenant_id": state.tenant_id, "client_id": state.client_id}
    return render_page(
        "bss/microsoft/connection.html",
        partial="bss/microsoft/_connection_state.html",
        state=state,
        form=form or IdentityForm(formdata=None, data=known),
        consent=consent or BaseForm(formdata=None),
        redirect_uri=_redirect_uri(),
        status=422 if form or consent else 200,
    )


def _answer_page(form: AnswerForm, *, status: int = 200) -> Response:
    return render_page(
        "bss/microsoft/consented.html",
        partial="bss/microsoft/_consent_answer.html",
        form=form,
        status=status,
    )
