"""Passwords: changing one's own, and choosing one by a one-time link."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError
from app.domain.mail import MailKind
from app.models import Account, MarketplaceOptions, OneTimeLink, User, UserSession
from app.services import passwords
from app.services.audit import audit
from app.services.audit_subjects import of_user
from app.services.mail_recipients import mail_to, recipient_of
from app.services.one_time_links import hash_of, is_open, revoke_links
from app.services.password_rules import check_password

log = structlog.get_logger()

_LINK_IS_OVER = "This link is used or has run out. Ask for a new one."


@dataclass(frozen=True, kw_only=True)
class LinkOwner:
    """Whose password an open link lets choose."""

    email: str
    name: str
    is_new: bool  # has no password yet
    ends_at: dt.datetime


def find_link_owner(token: str) -> LinkOwner | None:
    """None where the link is used, has run out, never was, or its user is switched off."""
    row = reading(SYSTEM_SCOPE).execute(_owner_of(token)).one_or_none()
    if row is None:
        return None
    return LinkOwner(
        email=row.email,
        name=row.name,
        is_new=row.password_hash is None,
        ends_at=row.ends_at,
    )


def choose_password(token: str, password: str) -> None:
    """Use the link up: set the password and end every session, all or nothing.

    Raises ConflictError where the link is over, also for all but one of those who use it at once,
    and InvalidError for a password that may not be chosen.
    """
    owner = find_link_owner(token)
    if owner is None:
        raise ConflictError(_LINK_IS_OVER)
    check_password(password, field="password", names=(owner.email, owner.name))
    reading(SYSTEM_SCOPE).rollback()  # hashing takes a while: no connection is kept for it
    password_hash = passwords.hash_password(password)
    with transaction(SYSTEM_SCOPE) as session:
        user_id = session.scalar(
            sa.update(OneTimeLink)
            .where(OneTimeLink.token_hash == hash_of(token), is_open())
            .values(used_at=sa.func.now())
            .returning(OneTimeLink.user_id)
            .execution_options(synchronize_session=False)
        )
        if user_id is None:
            raise ConflictError(_LINK_IS_OVER)
        user = _set_password(session, user_id, password_hash)
        audit(session, user.email, AuditEvent.PASSWORD_CHOSEN, of_user(user))
    log.info("password.chosen", user_id=str(user_id))


def change_password(viewer: Viewer, current: str, new: str) -> None:
    """Change one's own password and end every session, this one too.

    Raises InvalidError where the current one is wrong or the new one may not be chosen.
    """
    session = reading(SYSTEM_SCOPE)
    stored = session.scalar(sa.select(User.password_hash).where(User.id == viewer.user_id))
    session.rollback()
    if not passwords.is_password(stored, current):
        raise InvalidError("This is not your current password.", field="current")
    check_password(new, field="password", names=(viewer.email, viewer.name))
    password_hash = passwords.hash_password(new)
    with transaction(SYSTEM_SCOPE) as writing:
        user = _set_password(writing, viewer.user_id, password_hash)
        audit(writing, viewer, AuditEvent.PASSWORD_CHANGED, of_user(user))
    log.info("password.changed", user_id=str(viewer.user_id))


def end_sessions(session: Session, user_id: UUID) -> int:
    """From the next request on nobody is signed in as this user; how many sessions there were."""
    ended = session.scalars(
        sa.update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.ends_at > sa.func.now(),
        )
        .values(revoked_at=sa.func.now())
        .returning(UserSession.user_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(ended)


def _set_password(session: Session, user_id: UUID, password_hash: str) -> User:
    user = session.get_one(User, user_id, with_for_update=True)
    had_one = user.password_hash is not None
    user.password_hash = password_hash
    revoke_links(session, user_id)
    end_sessions(session, user_id)
    if had_one:
        recipient = recipient_of(user, session.get_one(Account, user.account_id))
        facts = {"marketplace": session.scalars(sa.select(MarketplaceOptions.name)).one()}
        session.add(mail_to(recipient, MailKind.PASSWORD_CHANGED, facts))
    return user


def _owner_of(token: str) -> sa.Select[str, str, str | None, dt.datetime]:
    return (
        sa.select(User.email, User.name, User.password_hash, OneTimeLink.ends_at)
        .join(User, User.id == OneTimeLink.user_id)
        .join(Account, Account.id == User.account_id)
        .where(
            OneTimeLink.token_hash == hash_of(token),
            is_open(),
            User.is_active,
            Account.is_active,
        )
    )
