"""Signing in and out, and who is behind a session."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading, transaction
from app.domain.access import SIGN_IN_SCOPE, SYSTEM_SCOPE, AccountKind, Viewer
from app.domain.audit import AuditEvent
from app.domain.languages import Language
from app.models.accounts import Account
from app.models.marketplace import MarketplaceOptions
from app.models.users import User, UserSession
from app.services import brands, passwords
from app.services.audit import NOTHING, Subject, audit
from app.services.audit_subjects import of_user
from app.services.brands import ShownBrand
from app.services.list_settings import ListSettings, settings_of
from app.services.marketplace_options import Marketplace, marketplace_of

_ABSOLUTE_LIMIT = dt.timedelta(hours=12)
_SEEN_EVERY = dt.timedelta(minutes=1)
_LONGEST_BROWSER = 200
_IDLE_LIMIT = sa.case(
    (
        Account.kind == AccountKind.DISTRIBUTOR,
        sa.bindparam("staff_idle_limit", type_=sa.Interval),
    ),
    else_=sa.bindparam("idle_limit", type_=sa.Interval),
)
# Made once: every page asks it.
_BY_SESSION = (
    sa.select(
        User,
        Account,
        MarketplaceOptions,
        brands.OWN,
        brands.MARKETPLACES,
        (UserSession.last_seen_at < sa.func.now() - _SEEN_EVERY).label("is_to_be_noted"),
    )
    .select_from(UserSession)
    .join(User, User.id == UserSession.user_id)
    .join(Account, Account.id == User.account_id)
    .join(MarketplaceOptions, sa.true())
    .outerjoin(brands.OWN, brands.is_own())
    .outerjoin(brands.MARKETPLACES, brands.is_marketplaces())
    .where(
        UserSession.token_hash == sa.bindparam("token_hash"),
        UserSession.revoked_at.is_(None),
        UserSession.ends_at > sa.func.now(),
        UserSession.last_seen_at > sa.func.now() - _IDLE_LIMIT,
        User.is_active,
        Account.is_active,
    )
)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who is behind a session, and how this person wants things shown.

    `language` is None where the browser's holds.
    """

    viewer: Viewer
    language: Language | None
    timezone: str
    vat_choice: bool | None
    page_size: int | None
    basket_lines: int
    lists: ListSettings
    marketplace: Marketplace
    brand: ShownBrand


def sign_in(email: str, password: str, *, address: str | None, browser: str | None) -> str | None:
    """Begin a session and return its token; None when email or password is wrong.

    A wrong email costs as much time as a wrong password.
    """
    session = reading(SIGN_IN_SCOPE)
    user = session.execute(
        sa.select(User.id, User.account_id, User.tenant_id, User.email, User.password_hash)
        .join(Account, Account.id == User.account_id)
        .where(
            sa.func.lower(User.email) == email.strip().lower(),
            User.is_active,
            Account.is_active,
        )
    ).one_or_none()
    session.rollback()  # hashing takes a while: no connection is kept for it
    about = _subject(user)
    if not passwords.is_password(user.password_hash if user else None, password) or user is None:
        _note_failure(about, address)
        return None
    if passwords.needs_rehash(user.password_hash):
        _rehash(user.id, password)
    token = secrets.token_urlsafe(32)
    with transaction(SIGN_IN_SCOPE) as writing:
        writing.add(
            UserSession(
                token_hash=_hash(token),
                user_id=user.id,
                account_id=user.account_id,
                tenant_id=user.tenant_id,
                ends_at=sa.func.now() + _ABSOLUTE_LIMIT,
                address=address,
                browser=(browser or "")[:_LONGEST_BROWSER] or None,
            )
        )
        change = (NOTHING, {"address": address})
        audit(writing, user.email, AuditEvent.SIGNED_IN, about, change=change)
    return token


def viewer_of_session(token: str, *, idle_limit: dt.timedelta) -> SignedIn | None:
    """Who this session belongs to; None once it is over, revoked, or its user or account is off.

    `idle_limit` is for everybody but staff, who have half of it.
    Notes at most once a minute, in a transaction of its own, that the session is in use.
    """
    # staff see and change what is everybody's
    limits = {"idle_limit": idle_limit, "staff_idle_limit": idle_limit / 2}
    wanted = {"token_hash": _hash(token)} | limits
    row = reading(SIGN_IN_SCOPE).execute(_BY_SESSION, wanted).one_or_none()
    if row is None:
        return None
    brand = brands.shown_brand(row[3], row[4], row.MarketplaceOptions.name)
    signed_in = _signed_in(row.User, row.Account, row.MarketplaceOptions, brand)
    if row.is_to_be_noted:
        _note_seen(token)
    return signed_in


def sign_out(token: str) -> None:
    """End the session; nothing happens if it is over already."""
    with transaction(SIGN_IN_SCOPE) as session:
        user_id = session.scalar(
            sa.update(UserSession)
            .where(UserSession.token_hash == _hash(token), UserSession.revoked_at.is_(None))
            .values(revoked_at=sa.func.now())
            .returning(UserSession.user_id)
        )
        if user_id is not None:
            user = session.get_one(User, user_id)
            audit(session, user.email, AuditEvent.SIGNED_OUT, of_user(user))


def choose_vat(viewer: Viewer, *, shows_vat: bool) -> None:
    """Keep how this person wants prices shown; it counts where the marketplace lets them choose."""
    with transaction(viewer.scope) as session:
        session.execute(
            sa.update(User).where(User.id == viewer.user_id).values(shows_vat=shows_vat)
        )


def _signed_in(
    user: User, account: Account, options: MarketplaceOptions, brand: ShownBrand
) -> SignedIn:
    return SignedIn(
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
        language=user.language,
        timezone=user.timezone or account.timezone,
        vat_choice=user.shows_vat,
        page_size=user.page_size,
        basket_lines=user.basket_lines,
        lists=settings_of(user, account),
        marketplace=marketplace_of(options),
        brand=brand,
    )


def _subject(user: Any) -> Subject:
    """What was typed is not kept where nobody has such an e-mail: it may be a password."""
    if user is None:
        return Subject(kind="user", name="an unknown e-mail")
    return Subject(kind="user", name=user.email, id=user.id, account_id=user.account_id)


def _note_failure(about: Subject, address: str | None) -> None:
    change = (NOTHING, {"address": address})
    with transaction(SIGN_IN_SCOPE) as session:
        audit(session, "somebody", AuditEvent.SIGN_IN_FAILED, about, change=change)


def _note_seen(token: str) -> None:
    with transaction(SIGN_IN_SCOPE) as session:
        session.execute(
            sa.update(UserSession)
            .where(
                UserSession.token_hash == _hash(token),
                UserSession.last_seen_at < sa.func.now() - _SEEN_EVERY,
            )
            .values(last_seen_at=sa.func.now())
        )


def _rehash(user_id: UUID, password: str) -> None:
    password_hash = passwords.hash_password(password)
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            sa.update(User).where(User.id == user_id).values(password_hash=password_hash)
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
