"""Mails that carry an invoice or a credit note: who gets them, and the file itself."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.documents.invoice import InvoiceDocument
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.contacts import ContactRole
from app.domain.mail import Attachment, MailKind
from app.models import Account, Contact, Invoice, Mail, MarketplaceOptions, User
from app.services.invoice_details import get_document_to_mail
from app.services.mail_recipients import mail_to, recipients

_KINDS = (MailKind.INVOICE, MailKind.CREDIT_NOTE)
_Facts = dict[str, Any]


def invoice_mails(notices: Sequence[Any]) -> list[Mail]:
    """To the billing contacts of whoever pays. `notices` are rows of kind and about_id."""
    return [mail for notice in notices for mail in _mails_of(notice.kind, notice.about_id)]


def attachments_of(mail: Mail) -> tuple[Attachment, ...]:
    """The document as a PDF, in the language that it was issued in; nothing for other kinds."""
    if mail.kind not in _KINDS:
        return ()
    # a heavy library that only the postman needs: with the first invoice that it mails
    from app.documents.invoice_pdf import invoice_pdf  # noqa: PLC0415

    document = get_document_to_mail(UUID(mail.facts["invoice_id"]))
    content = invoice_pdf(document)
    return (Attachment(name=f"{document.number}.pdf", subtype="pdf", content=content),)


def _mails_of(kind: MailKind, invoice_id: UUID) -> Iterator[Mail]:
    session = reading(SYSTEM_SCOPE)
    payer_id = session.scalars(sa.select(Invoice.account_id).where(Invoice.id == invoice_id)).one()
    payer = session.get_one(Account, payer_id)
    facts = _facts(session, invoice_id, get_document_to_mail(invoice_id))
    contacts = _billing_contacts(session, payer.id)
    for contact in contacts:
        yield _to_contact(kind, payer, contact, facts)
    if contacts:
        return
    with_page = facts | {"path": f"/billing/invoices/{invoice_id}/"}
    for role in (Role.BILLING, Role.ADMINISTRATOR):
        users = recipients(session, User.account_id == payer.id, User.role == role)
        yield from (mail_to(user, kind, with_page) for user in users)
        if users:
            return


def _billing_contacts(session: Session, account_id: UUID) -> list[Contact]:
    """Each address once, however many contacts share it."""
    found = session.scalars(
        sa.select(Contact)
        .where(
            Contact.account_id == account_id,
            Contact.role == ContactRole.BILLING,
            Contact.email.is_not(None),
        )
        .order_by(Contact.created_at, Contact.id)
    )
    by_address: dict[str, Contact] = {}
    for contact in found:
        by_address.setdefault((contact.email or "").casefold(), contact)
    return list(by_address.values())


def _to_contact(kind: MailKind, payer: Account, contact: Contact, facts: _Facts) -> Mail:
    """A contact need not be able to sign in: the file is all that it needs."""
    return Mail(
        kind=kind,
        account_id=payer.id,
        tenant_id=payer.tenant_id,
        to_address=contact.email,
        to_name=contact.name,
        language=payer.language,
        timezone=payer.timezone,
        facts=facts,
    )


def _facts(session: Session, invoice_id: UUID, document: InvoiceDocument) -> _Facts:
    return {
        "marketplace": session.scalars(sa.select(MarketplaceOptions.name)).one(),
        "path": "",
        "invoice_id": str(invoice_id),
        "number": document.number,
        "account": document.buyer.name,
        "order": document.order_number,
        "corrects": document.corrects_number,
        "reference": document.buyer_reference,
        "reason": document.reason,
        "issued_on": document.issued_on.isoformat(),
        "due_on": document.due_on.isoformat(),
        "currency": document.currency,
        "net": str(document.net),
        "taxes": [[str(tax.rate), str(tax.net), str(tax.vat)] for tax in document.taxes],
        "gross": str(document.gross),
    }
