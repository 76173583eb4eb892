"""Users: invite, change the role, switch off and on, a new password, sign out everywhere."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import AccountKind, Role, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.mail import MailKind, is_address
from app.models import Account, OneTimeLink, User
from app.services.audit import NOTHING, audit
from app.services.audit_subjects import of_user
from app.services.brands import brand_of_account
from app.services.buying import accounts_visible_to
from app.services.mail_recipients import mail_to, recipient_of
from app.services.one_time_links import LinkKey, make_link, revoke_links
from app.services.own_password import end_sessions
from app.services.users import may_manage, roles_of
from app.services.visibility import visible_to

log = structlog.get_logger()

_ADMINISTRATORS = (Role.ADMINISTRATOR, Role.STAFF_ADMINISTRATOR)
_LONGEST_NAME = 100
_LINKS_AT_MOST, _LINKS_WITHIN = 30, dt.timedelta(hours=1)
_TAKEN = "This e-mail address is in use already."
_LAST = "This is the last administrator. Make somebody else an administrator first."


@dataclass(frozen=True, kw_only=True)
class NewUser:
    account_id: UUID
    email: str
    name: str
    role: Role


def invite_user(viewer: Viewer, new: NewUser, key: LinkKey) -> UUID:
    """A user without a password, with a one-time link to choose it and the mail that brings it.

    Raises InvalidError for an address that is none or in use, and for a role of other accounts.
    """
    _check_may_manage(viewer)
    name = " ".join(new.name.split())[:_LONGEST_NAME]
    if not name:
        raise InvalidError("Enter a name.", field="name")
    if not is_address(new.email) or not new.email.isascii():
        raise InvalidError("Enter an e-mail address, such as name@example.com.", field="email")
    try:
        with transaction(viewer.scope) as session:
            account = _account(session, viewer, new.account_id)
            _check_role(account.kind, new.role)
            user = User(
                account_id=account.id,
                tenant_id=account.tenant_id,
                email=new.email,
                name=name,
                role=new.role,
            )
            session.add(user)
            session.flush()
            _send_link(session, viewer, user, key)
            invited = {"name": name, "role": new.role}
            audit(
                session, viewer, AuditEvent.USER_INVITED, of_user(user), change=(NOTHING, invited)
            )
            user_id = user.id
    except IntegrityError as error:
        if "uq_users_email" not in str(error.orig):
            raise
        raise InvalidError(_TAKEN, field="email") from error
    log.info("user.invited", user_id=str(user_id), by=str(viewer.user_id), role=new.role)
    return user_id


def change_role(viewer: Viewer, user_id: UUID, role: Role) -> None:
    """From the next request on; the user's sessions end."""
    _check_may_manage(viewer)
    with transaction(viewer.scope) as session:
        user, account = _locked(session, viewer, user_id)
        _check_role(account.kind, role)
        if user.role is role:
            return
        if user.role in _ADMINISTRATORS:
            _check_not_last(session, viewer, user)
        change = ({"role": user.role}, {"role": role})
        user.role = role
        end_sessions(session, user.id)
        audit(session, viewer, AuditEvent.USER_ROLE_CHANGED, of_user(user), change=change)
    log.info("user.role_changed", user_id=str(user_id), by=str(viewer.user_id), role=role)


def switch_user(viewer: Viewer, user_id: UUID, *, on: bool) -> None:
    """Whoever is switched off is out at once, and no link lets them in."""
    _check_may_manage(viewer)
    with transaction(viewer.scope) as session:
        user, _ = _locked(session, viewer, user_id)
        if user.is_active is on:
            return
        if not on and user.role in _ADMINISTRATORS:
            _check_not_last(session, viewer, user)
        user.is_active = on
        end_sessions(session, user.id)
        revoke_links(session, user.id)
        event = AuditEvent.USER_ENABLED if on else AuditEvent.USER_DISABLED
        audit(session, viewer, event, of_user(user))
    log.info("user.switched", user_id=str(user_id), by=str(viewer.user_id), on=on)


def send_password_link(viewer: Viewer, user_id: UUID, key: LinkKey) -> None:
    """A new one-time link, by mail; older ones end. The password that there is goes on."""
    _check_may_manage(viewer)
    with transaction(viewer.scope) as session:
        user, _ = _locked(session, viewer, user_id)
        if not user.is_active:
            raise ConflictError("This user is disabled. Enable it first.")
        _send_link(session, viewer, user, key)
        audit(session, viewer, AuditEvent.USER_LINK_SENT, of_user(user))
    log.info("user.link_made", user_id=str(user_id), by=str(viewer.user_id))


def sign_out_everywhere(viewer: Viewer, user_id: UUID) -> int:
    """End the user's sessions, from the next request on; how many there were."""
    _check_may_manage(viewer)
    with transaction(viewer.scope) as session:
        user, _ = _locked(session, viewer, user_id)
        ended = end_sessions(session, user.id)
        change = (NOTHING, {"sessions": ended})
        audit(session, viewer, AuditEvent.USER_SESSIONS_ENDED, of_user(user), change=change)
    log.info("user.signed_out", user_id=str(user_id), by=str(viewer.user_id), sessions=ended)
    return ended


def _check_may_manage(viewer: Viewer) -> None:
    if not may_manage(viewer):
        raise NotAllowedError("Your role does not manage users.")


def _check_role(kind: AccountKind, role: Role) -> None:
    if role not in roles_of(kind):
        raise InvalidError("Choose one of the roles of this account.", field="role")


def _account(session: Session, viewer: Viewer, account_id: UUID) -> Account:
    account = session.scalar(
        sa.select(Account).where(
            Account.id == account_id, accounts_visible_to(viewer), Account.is_active
        )
    )
    if account is None:
        raise InvalidError("Choose one of the accounts.", field="account")
    return account


def _locked(session: Session, viewer: Viewer, user_id: UUID) -> tuple[User, Account]:
    """The administrators of the account are locked first, in one order: the last one stays."""
    user = session.scalar(sa.select(User).where(User.id == user_id, visible_to(viewer, User)))
    if user is None:
        raise NotFoundError
    session.execute(
        sa.select(User.id)
        .where(User.account_id == user.account_id)
        .order_by(User.id)
        .with_for_update()
    )
    session.refresh(user)
    return user, session.get_one(Account, user.account_id)


def _check_not_last(session: Session, viewer: Viewer, user: User) -> None:
    """Staff may leave a customer's account without an administrator; nobody their own."""
    if user.account_id != viewer.account_id:
        return
    others = session.scalars(
        sa.select(sa.func.count()).where(
            User.account_id == user.account_id,
            User.id != user.id,
            User.role == user.role,
            User.is_active,
            User.password_hash.is_not(None),
        )
    ).one()
    if not others:
        raise ConflictError(_LAST)


def _send_link(session: Session, viewer: Viewer, user: User, key: LinkKey) -> None:
    _check_not_too_many(session, viewer, user)
    link = make_link(session, user, key, by=viewer.email)
    account = session.get_one(Account, user.account_id)
    brand = brand_of_account(session, account.id)
    facts = {"marketplace": brand.name, "account": account.name, "invited_by": viewer.name}
    kind = MailKind.PASSWORD_LINK if user.password_hash else MailKind.INVITATION
    session.add(mail_to(recipient_of(user, account, brand), kind, facts, link=link))


def _check_not_too_many(session: Session, viewer: Viewer, user: User) -> None:
    """Nobody uses us to flood the mailboxes of strangers."""
    if viewer.is_staff:
        return
    recent = session.scalars(
        sa.select(sa.func.count())
        .select_from(OneTimeLink)
        .where(
            OneTimeLink.account_id == user.account_id,
            OneTimeLink.created_at > sa.func.now() - _LINKS_WITHIN,
        )
    ).one()
    if recent >= _LINKS_AT_MOST:
        raise ConflictError("Too many links within an hour. Wait a while and try again.")
