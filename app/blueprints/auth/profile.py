"""One's own profile: name, language, time zone, password."""

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, SelectField, StringField

from app.blueprints.auth import bp
from app.domain.access import Permission
from app.domain.languages import Language
from app.services import own_password, profile
from app.services.profile import Profile
from app.web.forms import BaseForm, choice, show_domain_error_on
from app.web.policy import policy
from app.web.sign_in_limits import limited_attempt
from app.web.user_pages import layout_of_viewer
from app.web.viewer import current_viewer, end_session


class ProfileForm(BaseForm):
    name = StringField("Name")
    language = SelectField("Language")
    timezone = SelectField("Time zone")


class PasswordForm(BaseForm):
    current = PasswordField("Current password")
    password = PasswordField("New password")
    again = PasswordField("New password again")


@bp.get("/profile/")
@policy(read=Permission.EDIT_PROFILE)
def get_profile() -> Response:
    return _page(None, PasswordForm(formdata=None))


@bp.post("/profile/")
@policy(write=Permission.EDIT_PROFILE)
def save_profile() -> BaseResponse:
    form = ProfileForm()
    _fill_choices(form, profile.get_profile(current_viewer()))
    if form.validate_on_submit():
        with show_domain_error_on(form):
            profile.save_profile(
                current_viewer(),
                name=form.name.data or "",
                language=Language(form.language.data) if form.language.data else None,
                timezone=form.timezone.data or None,
            )
            flash(_("Your profile is saved."))
            return redirect(url_for(".get_profile"), code=303)
    return _page(form, PasswordForm(formdata=None), status=422)


@bp.post("/profile/password")
@policy(write=Permission.EDIT_PROFILE)
def change_password() -> BaseResponse:
    form = PasswordForm()
    if form.password.data != form.again.data:
        form.again.errors = [_("The two passwords differ.")]
        return _page(None, form, status=422)
    with show_domain_error_on(form):
        limited_attempt(current_viewer().email, lambda: _change(form))
        if not form.current.errors and not form.password.errors:
            end_session()
            flash(_("Your password is changed. You are signed out everywhere: sign in with it."))
            return redirect(url_for(".sign_in"), code=303)
    return _page(None, form, status=422)


def _change(form: PasswordForm) -> bool | None:
    """None where the current password was guessed wrong: that counts as a failed sign-in."""
    with show_domain_error_on(form):
        own_password.change_password(
            current_viewer(), form.current.data or "", form.password.data or ""
        )
    return None if form.current.errors else True


def _page(form: ProfileForm | None, password_form: PasswordForm, status: int = 200) -> Response:
    """The form that was sent keeps what was typed, but for passwords."""
    mine = profile.get_profile(current_viewer())
    if form is None:
        form = ProfileForm(
            formdata=None,
            name=mine.name,
            language=mine.language or "",
            timezone=mine.timezone or "",
        )
        _fill_choices(form, mine)
    html = render_template(
        "auth/profile.html",
        layout=layout_of_viewer(),
        profile=mine,
        form=form,
        password_form=password_form,
    )
    return make_response(html, status)


def _fill_choices(form: ProfileForm, mine: Profile) -> None:
    like_account = _("As the account:")
    like_browser = _(
        "As the browser; mails as the account: %(language)s", language=mine.account_language.label
    )
    form.language.choices = [
        choice("", like_browser),
        *(choice(language.value, language.label) for language in Language),
    ]
    form.timezone.choices = [
        choice("", f"{like_account} {mine.account_timezone}"),
        *(choice(zone, zone) for zone in profile.timezones()),
    ]
