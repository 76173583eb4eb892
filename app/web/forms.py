"""Forms: what all of them share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, FileField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # stubs are older
from wtforms.form import BaseForm as WTFormsBase
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from app.domain.errors import ConflictError, InvalidError
from app.domain.sentences import Sentence
from app.web.locale import joined, translated

_DAMAGED = "This page is damaged. Reload it and try again."


def without_nul(value: Any) -> Any:
    """Without NUL, which PostgreSQL's text cannot hold and nobody types."""
    return value.replace("\x00", "") if isinstance(value, str) else value


def trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class BaseForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """A form with its hidden CSRF field. Text loses NUL and, but for passwords, outer spaces.

    Labels are translated when the form is made; choices, when they are `said()`, when it is shown.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: WTFormsBase, formdata: Any) -> Any:
            """What was sent: files for fields of files, text for others, and no JSON."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            sent: MultiDict[str, Any] = MultiDict(request.form)
            for field in form:
                if isinstance(field, FileField) and (files := request.files.getlist(field.name)):
                    sent.setlist(field.name, files)
            return sent or None

        def bind_field(self, form: WTFormsBase, unbound_field: Any, options: Any) -> Field:
            kind = unbound_field.field_class
            filters = list(unbound_field.kwargs.get("filters", ()))
            if issubclass(kind, StringField):
                filters.append(without_nul)
                if not issubclass(kind, PasswordField):
                    filters.append(trimmed)
            field: Field = unbound_field.bind(form=form, filters=filters, **options)
            field.label.text = translated(field.label.text)
            return field

        def render_field(self, field: Field, render_kw: Any) -> Any:
            if isinstance(field, SelectField) and field.choices:
                field.choices = [_translated_choice(each) for each in field.choices]
            return super().render_field(field, render_kw)


def choice(value: str, label: str) -> Any:
    """An option of a SelectField; tuples are deprecated in WTForms."""
    return SelectChoice(value, label)


def _translated_choice(option: Any) -> Any:
    if isinstance(option, SelectChoice) and isinstance(option.label, Sentence):
        return choice(option.value, translated(option.label))
    return option


class FormToken(Field):
    """A UUID made with the page: the same form sent twice carries the same one. `.data` is a UUID.

    Every form that buys or provisions has one: `form_token = FormToken()`.
    """

    widget = HiddenInput()
    data: UUID | None

    def __init__(self, label: str | None = None, **options: Any) -> None:
        super().__init__(label, default=uuid4, **options)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        if not valuelist:
            return
        try:
            self.data = UUID(valuelist[0])
        except ValueError as error:
            raise ValueError(_DAMAGED) from error

    def pre_validate(self, _form: WTFormsBase) -> None:
        if self.data is None and not self.process_errors:
            raise ValidationError(_DAMAGED)

    def _value(self) -> str:
        return str(self.data or "")


@contextmanager
def show_domain_error_on(form: BaseForm) -> Iterator[None]:
    """Show a business error on the field it names, else above the form; then the view goes on.

    What is not found or not allowed is no matter of the form and passes through.
    """
    try:
        yield
    except (InvalidError, ConflictError) as error:
        if error.field and error.field in form:
            field = form[error.field]
            field.errors = [*field.errors, error.message]
        else:
            form.form_errors.append(error.message)


def errors_of(form: BaseForm) -> list[tuple[str | None, str]]:
    """For the error summary: (id of the field or None, message), in the order of the form."""
    found: list[tuple[str | None, str]] = [(None, translated(each)) for each in form.form_errors]
    for field in form:
        found += [(field.id, translated(each)) for each in field.errors if isinstance(each, str)]
    return found


def init_forms(app: Flask) -> None:
    app.jinja_env.globals.update(errors_of=errors_of, new_form_token=uuid4)
    app.jinja_env.filters["joined"] = joined
