"""The sign-in form."""

from wtforms import HiddenField, PasswordField, StringField

from app.web.forms import BaseForm


class SignInForm(BaseForm):
    """Its fields are never found wrong one by one: there is one message for all."""

    email = StringField("Email")
    password = PasswordField("Password")
    next = HiddenField()
