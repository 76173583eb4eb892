"""What all forms share."""

from io import BytesIO
from uuid import UUID, uuid4

import pytest
from flask import Flask
from wtforms import FileField, PasswordField, StringField

from app.domain.errors import ConflictError, InvalidError, NotFoundError
from app.web.forms import BaseForm, FormToken, errors_of, show_domain_error_on
from app.web.locale import init_locale


class ExampleForm(BaseForm):
    class Meta(BaseForm.Meta):
        csrf = False

    form_token = FormToken()
    name = StringField("Name")
    password = PasswordField("Password")


@pytest.fixture
def request_with():
    app = Flask(__name__)
    app.secret_key = "x" * 32
    init_locale(app)
    return lambda **data: app.test_request_context(method="POST" if data else "GET", data=data)


def test_a_form_token_is_made_with_the_page(request_with):
    with request_with():
        form = ExampleForm()

        assert isinstance(form.form_token.data, UUID)
        assert str(form.form_token.data) in str(form.form_token)


def test_a_form_token_comes_back_as_it_was(request_with):
    token = uuid4()

    with request_with(form_token=str(token), name="x"):
        form = ExampleForm()

        assert form.validate_on_submit()
        assert form.form_token.data == token


@pytest.mark.parametrize("sent", [{}, {"form_token": ""}, {"form_token": "'; drop table x"}])
def test_a_missing_or_broken_form_token_is_an_error_not_a_new_token(request_with, sent):
    with request_with(name="x", **sent):
        form = ExampleForm()

        assert not form.validate_on_submit()
        assert form.form_token.data is None


def test_text_loses_nul_and_outer_spaces_but_a_password_keeps_its_spaces(request_with):
    with request_with(form_token=str(uuid4()), name=" a\x00b ", password=" s p "):
        form = ExampleForm()

        assert form.name.data == "ab"
        assert form.password.data == " s p "


def test_a_business_error_is_shown_on_its_field(request_with):
    with request_with(name="x"):
        form = ExampleForm()
        with show_domain_error_on(form):
            raise InvalidError("That name is taken.", field="name")

        assert ("name", "That name is taken.") in errors_of(form)


@pytest.mark.parametrize("field", [None, "unknown"])
def test_a_business_error_without_a_field_is_shown_above_the_form(request_with, field):
    with request_with(name="x"):
        form = ExampleForm()
        with show_domain_error_on(form):
            raise ConflictError("It changed meanwhile.", field=field)

        assert errors_of(form) == [(None, "It changed meanwhile.")]


def test_what_is_not_found_is_no_matter_of_the_form(request_with):
    with request_with(name="x"):
        form = ExampleForm()
        with pytest.raises(NotFoundError), show_domain_error_on(form):
            raise NotFoundError


@pytest.mark.parametrize("field", ["name", "password", "form_token"])
def test_a_file_in_a_field_of_text_is_nothing(request_with, field):
    with request_with(**{field: (BytesIO(b"x"), "fuzz.txt"), "other": "x"}):
        form = ExampleForm()

        assert form.name.data is None or form.name.data == ""
        assert form.password.data in {None, ""}
        assert form.form_token.data is None


def test_a_file_is_for_a_field_of_files(request_with):
    class PictureForm(ExampleForm):
        picture = FileField()

    with request_with(picture=(BytesIO(b"x"), "logo.png"), name="n"):
        form = PictureForm()

        assert form.picture.data.filename == "logo.png"
        assert form.name.data == "n"


def test_json_is_no_form():
    app = Flask(__name__)
    app.secret_key = "x" * 32
    init_locale(app)
    with app.test_request_context(method="POST", json={"name": 1}):
        assert ExampleForm().name.data is None
