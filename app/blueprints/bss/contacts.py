"""Back office: the contacts of an account."""

from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.contacts import ContactRole
from app.domain.sentences import said
from app.services import contacts
from app.services.contacts import ContactFields
from app.web.forms import BaseForm, choice, show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer


class ContactForm(BaseForm):
    name = StringField("Name")
    role = SelectField(
        "Role", choices=[choice(role.value, said(role.label)) for role in ContactRole]
    )
    email = StringField("E-mail address")
    phone = StringField("Phone")

    @property
    def fields(self) -> ContactFields:
        return ContactFields(
            name=self.name.data or "",
            role=ContactRole(self.role.data),
            email=self.email.data or "",
            phone=self.phone.data or "",
        )


@bp.get("/accounts/<uuid:account_id>/contacts/")
@policy(read=Permission.VIEW_BSS)
def list_contacts(account_id: UUID) -> Response:
    found = contacts.list_contacts(current_viewer(), account_id)
    return make_response(render_template("bss/contacts/list.html", found=found))


@bp.get("/accounts/<uuid:account_id>/contacts/new")
@policy(read=Permission.ADMINISTER)
def new_contact(account_id: UUID) -> Response:
    return _new_page(account_id, ContactForm(formdata=None))


@bp.post("/accounts/<uuid:account_id>/contacts/new")
@policy(write=Permission.ADMINISTER)
def add_contact(account_id: UUID) -> BaseResponse:
    form = ContactForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            contacts.add_contact(current_viewer(), account_id, form.fields)
            flash(_("The contact is added."))
            return redirect(url_for(".list_contacts", account_id=account_id), code=303)
    return _new_page(account_id, form, status=422)


@bp.get("/contacts/<uuid:contact_id>/edit")
@policy(read=Permission.ADMINISTER)
def edit_contact(contact_id: UUID) -> Response:
    contact = contacts.get_contact(current_viewer(), contact_id)
    form = ContactForm(
        formdata=None,
        name=contact.name,
        role=contact.role.value,
        email=contact.email,
        phone=contact.phone,
    )
    return _edit_page(contact_id, form)


@bp.post("/contacts/<uuid:contact_id>/edit")
@policy(write=Permission.ADMINISTER)
def save_contact(contact_id: UUID) -> BaseResponse:
    form = ContactForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            account_id = contacts.save_contact(current_viewer(), contact_id, form.fields)
            flash(_("The contact is saved."))
            return redirect(url_for(".list_contacts", account_id=account_id), code=303)
    return _edit_page(contact_id, form, status=422)


@bp.post("/contacts/<uuid:contact_id>/remove")
@policy(write=Permission.ADMINISTER)
def remove_contact(contact_id: UUID) -> BaseResponse:
    account_id = contacts.remove_contact(current_viewer(), contact_id)
    flash(_("The contact is removed."))
    return redirect(url_for(".list_contacts", account_id=account_id), code=303)


def _new_page(account_id: UUID, form: ContactForm, status: int = 200) -> Response:
    found = contacts.list_contacts(current_viewer(), account_id)
    html = render_template("bss/contacts/form.html", owner=found, contact_id=None, form=form)
    return make_response(html, status)


def _edit_page(contact_id: UUID, form: ContactForm, status: int = 200) -> Response:
    owner = contacts.get_contact(current_viewer(), contact_id)
    html = render_template("bss/contacts/form.html", owner=owner, contact_id=contact_id, form=form)
    return make_response(html, status)
