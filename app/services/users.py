"""Users: who may sign in for which account, as a list and one by one."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import AccountKind, Permission, Role, Viewer
from app.domain.errors import NotFoundError
from app.models import Account, OneTimeLink, User, UserSession
from app.services.buying import accounts_visible_to
from app.services.one_time_links import LinkKey, is_open
from app.services.pages import Keys, Page, PageRequest, fetch_counted_page
from app.services.visibility import visible_to

_SESSIONS_SHOWN = 50
STAFF_ROLES = tuple(role for role in Role if role.value.startswith("staff_"))
ACCOUNT_ROLES = tuple(role for role in Role if role not in STAFF_ROLES)
STATES = ("active", "disabled", "invited")


@dataclass(frozen=True, kw_only=True)
class UserQuery:
    """`q` looks in name, e-mail and account."""

    q: str = ""
    role: Role | None = None
    state: str = ""  # out of STATES
    account_id: UUID | None = None
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class UserRow:
    id: UUID
    name: str
    email: str
    role: Role
    account_id: UUID
    account_name: str
    is_staff: bool
    state: str
    last_seen_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class SignInRow:
    """One session: when it began, from where, and whether it lasts."""

    began_at: dt.datetime
    last_seen_at: dt.datetime
    address: str | None
    browser: str | None
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class UserView:
    """`sign_ins` and `link_ends_at` are for who may manage users, empty for others."""

    row: UserRow
    created_at: dt.datetime
    is_oneself: bool
    may_manage: bool
    roles: tuple[Role, ...]
    link_ends_at: dt.datetime | None
    sign_ins: tuple[SignInRow, ...]

    @property
    def open_sessions(self) -> int:
        return sum(sign_in.is_open for sign_in in self.sign_ins)


@dataclass(frozen=True, kw_only=True)
class HandedLink:
    """A one-time link for staff to hand over. `path` begins with a slash."""

    user_id: UUID
    name: str
    email: str
    path: str
    ends_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class AccountChoice:
    id: UUID
    name: str
    roles: tuple[Role, ...]


def may_manage(viewer: Viewer) -> bool:
    """The distributor's administrators manage all users, an account's administrators its own."""
    permission = Permission.ADMINISTER if viewer.is_staff else Permission.MANAGE_USERS
    return viewer.may(permission)


def roles_of(kind: AccountKind) -> tuple[Role, ...]:
    return STAFF_ROLES if kind is AccountKind.DISTRIBUTOR else ACCOUNT_ROLES


def state_of(user: User) -> str:
    """One of STATES: whoever chose no password yet is invited."""
    invited = "active" if user.password_hash else "invited"
    return invited if user.is_active else "disabled"


def list_users(viewer: Viewer, wanted: UserQuery) -> Page[UserRow]:
    """By name, in two statements."""
    session = reading(viewer.scope)
    query = _rows().where(visible_to(viewer, User), *_filters(wanted))
    keys = Keys(columns=[User.name.expression, User.id.expression])
    found = fetch_counted_page(session, query, keys, wanted.page)
    return found.with_items([_row(row) for row in found.items])


def get_user(viewer: Viewer, user_id: UUID) -> UserView:
    session = reading(viewer.scope)
    row = session.execute(_rows().where(User.id == user_id, visible_to(viewer, User))).one_or_none()
    if row is None:
        raise NotFoundError
    manages = may_manage(viewer)
    link = sa.select(OneTimeLink.ends_at).where(OneTimeLink.user_id == user_id, is_open())
    sessions = (
        sa.select(UserSession, _lasts().label("is_open"))
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.created_at.desc(), UserSession.token_hash)
        .limit(_SESSIONS_SHOWN)
    )
    return UserView(
        row=_row(row),
        created_at=row.User.created_at,
        is_oneself=user_id == viewer.user_id,
        may_manage=manages,
        roles=roles_of(row.kind),
        link_ends_at=session.scalars(link).first() if manages else None,
        sign_ins=tuple(_sign_in(each) for each in session.execute(sessions)) if manages else (),
    )


def get_handed_link(viewer: Viewer, user_id: UUID, key: LinkKey) -> HandedLink | None:
    """The user's open link, for staff to hand over; None where there is none."""
    if not viewer.may(Permission.ADMINISTER):
        raise NotFoundError
    session = reading(viewer.scope)
    user = session.scalar(sa.select(User).where(User.id == user_id, visible_to(viewer, User)))
    if user is None:
        raise NotFoundError
    link = session.scalars(
        sa.select(OneTimeLink)
        .where(OneTimeLink.user_id == user_id, is_open())
        .order_by(OneTimeLink.created_at.desc())
    ).first()
    if link is None:
        return None
    return HandedLink(
        user_id=user.id,
        name=user.name,
        email=user.email,
        path=key.path_of(link.id),
        ends_at=link.ends_at,
    )


def list_accounts_for_users(viewer: Viewer, chosen: UUID | None = None) -> list[AccountChoice]:
    """The accounts that the viewer may invite somebody for, one's own first.

    Staff come from an account's page: for them it is that one, else the distributor.
    """
    query = sa.select(Account.id, Account.name, Account.kind).where(
        accounts_visible_to(viewer), Account.is_active
    )
    if viewer.is_staff:
        query = query.where(Account.id == (chosen or viewer.account_id))
    rows = reading(viewer.scope).execute(
        query.order_by(Account.id != viewer.account_id, Account.name, Account.id)
    )
    return [AccountChoice(id=row.id, name=row.name, roles=roles_of(row.kind)) for row in rows]


def _rows() -> sa.Select[*tuple[Any, ...]]:
    last_seen = (
        sa.select(sa.func.max(UserSession.last_seen_at))
        .where(UserSession.user_id == User.id)
        .scalar_subquery()
    )
    return sa.select(
        User, Account.name.label("account_name"), Account.kind, last_seen.label("last_seen_at")
    ).join(Account, Account.id == User.account_id)


def _filters(wanted: UserQuery) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = []
    if wanted.q:
        places = (User.name, User.email, Account.name)
        filters.append(sa.or_(*(each.icontains(wanted.q, autoescape=True) for each in places)))
    if wanted.role is not None:
        filters.append(User.role == wanted.role)
    if wanted.account_id is not None:
        filters.append(User.account_id == wanted.account_id)
    if wanted.state == "disabled":
        filters.append(sa.not_(User.is_active))
    elif wanted.state:
        is_invited = User.password_hash.is_(None)
        filters.append(User.is_active.is_(True))
        filters.append(is_invited if wanted.state == "invited" else sa.not_(is_invited))
    return filters


def _row(row: Any) -> UserRow:
    user: User = row.User
    return UserRow(
        id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        account_id=user.account_id,
        account_name=row.account_name,
        is_staff=row.kind is AccountKind.DISTRIBUTOR,
        state=state_of(user),
        last_seen_at=row.last_seen_at,
    )


def _sign_in(row: Any) -> SignInRow:
    session: UserSession = row.UserSession
    return SignInRow(
        began_at=session.created_at,
        last_seen_at=session.last_seen_at,
        address=session.address,
        browser=session.browser,
        is_open=row.is_open,
    )


def _lasts() -> sa.ColumnElement[bool]:
    return sa.and_(UserSession.revoked_at.is_(None), UserSession.ends_at > sa.func.now())
