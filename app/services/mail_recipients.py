"""Who gets a mail, and the mail as a row."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import PERMISSIONS, Permission, Role, Viewer
from app.domain.languages import Language
from app.domain.mail import MailKind
from app.models import Account, Mail, OneTimeLink, User


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A person who may sign in, with what they may see."""

    viewer: Viewer
    tenant_id: UUID
    language: Language
    timezone: str


def recipients(session: Session, *conditions: sa.ColumnElement[bool]) -> list[Recipient]:
    """The users that match, as far as they and their accounts are active."""
    rows = session.execute(
        sa.select(User, Account)
        .join(Account, Account.id == User.account_id)
        .where(User.is_active, Account.is_active, *conditions)
        .order_by(User.email)
    )
    return [recipient_of(user, account) for user, account in rows]


def roles_with(permission: Permission) -> list[Role]:
    return [role for role, held in PERMISSIONS.items() if permission in held]


def administrators_of(accounts: Collection[UUID]) -> sa.ColumnElement[bool]:
    return sa.and_(User.account_id.in_(accounts), User.role == Role.ADMINISTRATOR)


def mail_to(
    recipient: Recipient,
    kind: MailKind,
    facts: dict[str, Any],
    *,
    link: OneTimeLink | None = None,
) -> Mail:
    """The row; whoever made it adds it to a transaction."""
    viewer = recipient.viewer
    return Mail(
        kind=kind,
        account_id=viewer.account_id,
        tenant_id=recipient.tenant_id,
        to_address=viewer.email,
        to_name=viewer.name,
        language=recipient.language,
        timezone=recipient.timezone,
        facts=facts,
        link_id=link.id if link else None,
        useless_after=link.ends_at if link else None,
    )


def recipient_of(user: User, account: Account) -> Recipient:
    return Recipient(
        viewer=Viewer(
            user_id=user.id,
            name=user.name,
            email=user.email,
            account_id=account.id,
            account_name=account.name,
            account_kind=account.kind,
            role=user.role,
            reseller_id=account.reseller_id,
        ),
        tenant_id=user.tenant_id,
        language=user.language or account.language,
        timezone=user.timezone or account.timezone,
    )
