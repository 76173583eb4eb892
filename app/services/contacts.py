"""Contacts of an account: people who need not be able to sign in."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.contacts import ContactRole
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.domain.mail import is_address
from app.models import Account, Contact
from app.services.audit import Subject, audit
from app.services.buying import accounts_visible_to
from app.services.visibility import visible_to

_LONGEST = 100


@dataclass(frozen=True, kw_only=True)
class ContactFields:
    name: str
    role: ContactRole
    email: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class ContactView:
    id: UUID
    account_id: UUID
    account_name: str
    name: str
    role: ContactRole
    email: str | None
    phone: str | None


@dataclass(frozen=True, kw_only=True)
class ContactsOfAccount:
    account_id: UUID
    account_name: str
    contacts: tuple[ContactView, ...]
    may_edit: bool


def list_contacts(viewer: Viewer, account_id: UUID) -> ContactsOfAccount:
    """By name. An account has few."""
    session = reading(viewer.scope)
    name = session.scalar(
        sa.select(Account.name).where(Account.id == account_id, accounts_visible_to(viewer))
    )
    if name is None:
        raise NotFoundError
    rows = session.scalars(
        sa.select(Contact)
        .where(Contact.account_id == account_id, visible_to(viewer, Contact))
        .order_by(Contact.name, Contact.id)
    )
    return ContactsOfAccount(
        account_id=account_id,
        account_name=name,
        contacts=tuple(_view(row, name) for row in rows),
        may_edit=viewer.may(Permission.ADMINISTER),
    )


def get_contact(viewer: Viewer, contact_id: UUID) -> ContactView:
    row = (
        reading(viewer.scope)
        .execute(
            sa.select(Contact, Account.name)
            .join(Account, Account.id == Contact.account_id)
            .where(Contact.id == contact_id, visible_to(viewer, Contact))
        )
        .one_or_none()
    )
    if row is None:
        raise NotFoundError
    return _view(row[0], row[1])


def add_contact(viewer: Viewer, account_id: UUID, fields: ContactFields) -> None:
    """Raises InvalidError for no name, or neither e-mail nor phone."""
    values = _checked(viewer, fields)
    with transaction(viewer.scope) as session:
        account = session.scalar(
            sa.select(Account).where(Account.id == account_id, accounts_visible_to(viewer))
        )
        if account is None:
            raise NotFoundError
        contact = Contact(account_id=account.id, tenant_id=account.tenant_id, **values)
        session.add(contact)
        session.flush()
        _tell(session, viewer, AuditEvent.CONTACT_ADDED, contact)


def save_contact(viewer: Viewer, contact_id: UUID, fields: ContactFields) -> UUID:
    """The account whose contact it is. Raises as add_contact."""
    values = _checked(viewer, fields)
    with transaction(viewer.scope) as session:
        contact = _found(session, viewer, contact_id)
        for name, value in values.items():
            setattr(contact, name, value)
        _tell(session, viewer, AuditEvent.CONTACT_CHANGED, contact)
        return contact.account_id


def remove_contact(viewer: Viewer, contact_id: UUID) -> UUID:
    """The account whose contact it was."""
    _check_may_edit(viewer)
    with transaction(viewer.scope) as session:
        contact = _found(session, viewer, contact_id)
        session.delete(contact)
        _tell(session, viewer, AuditEvent.CONTACT_REMOVED, contact)
        return contact.account_id


def _tell(session: Session, viewer: Viewer, event: AuditEvent, contact: Contact) -> None:
    """Whose contact, and not what of a person changed."""
    about = Subject(kind="contact", name="A contact", id=contact.id, account_id=contact.account_id)
    audit(session, viewer, event, about)


def _found(session: Session, viewer: Viewer, contact_id: UUID) -> Contact:
    query = sa.select(Contact).where(Contact.id == contact_id, visible_to(viewer, Contact))
    contact = session.scalar(query.with_for_update())
    if contact is None:
        raise NotFoundError
    return contact


def _checked(viewer: Viewer, fields: ContactFields) -> dict[str, str | ContactRole | None]:
    _check_may_edit(viewer)
    name = " ".join(fields.name.split())
    if not name or len(name) > _LONGEST:
        raise InvalidError(
            "Enter a name of at most %(longest)s characters.", longest=_LONGEST, field="name"
        )
    if fields.email and not is_address(fields.email):
        raise InvalidError("Enter an e-mail address, such as name@example.com.", field="email")
    if len(fields.phone) > _LONGEST:
        raise InvalidError("Use at most %(longest)s characters.", longest=_LONGEST, field="phone")
    if not fields.email and not fields.phone:
        raise InvalidError("Enter an e-mail address or a phone number.", field="email")
    return {
        "name": name,
        "role": fields.role,
        "email": fields.email or None,
        "phone": fields.phone or None,
    }


def _check_may_edit(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Your role does not change contacts.")


def _view(contact: Contact, account_name: str) -> ContactView:
    return ContactView(
        id=contact.id,
        account_id=contact.account_id,
        account_name=account_name,
        name=contact.name,
        role=contact.role,
        email=contact.email,
        phone=contact.phone,
    )
