"""People who sign in, and their sessions."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.access import Role
from app.domain.languages import Language
from app.models.tenancy import Owned, owned_by_account, owned_through
from app.models.types import enum_text


class User(Owned, Base):
    __tablename__ = "users"
    __table_args__ = (
        owned_by_account(),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.Index("uq_users_email", sa.text("lower(email)"), unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]  # argon2id; None until the invitation is taken up
    role: Mapped[Role] = mapped_column(enum_text(Role))
    is_active: Mapped[bool] = mapped_column(default=True)
    timezone: Mapped[str | None]  # else the account's
    language: Mapped[Language | None] = mapped_column(enum_text(Language))  # else the account's
    shows_vat: Mapped[bool | None]  # the viewer's own choice, where the marketplace permits one
    page_size: Mapped[int | None]
    list_settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    basket_lines: Mapped[int] = mapped_column(default=0, server_default="0")  # open, in all baskets
    is_demo: Mapped[bool] = mapped_column(default=False)  # production refuses to start with one
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class UserSession(Owned, Base):
    """A browser that is signed in. Only the hash of its 256-bit token is kept."""

    __tablename__ = "user_sessions"
    __table_args__ = (owned_through("user_id", "users"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    last_seen_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    ends_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    address: Mapped[str | None]
    browser: Mapped[str | None]


class OneTimeLink(Owned, Base):
    """Lets its user choose a password, once and within an hour. Only its token's hash is kept."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        owned_through("user_id", "users"),
        sa.Index("ix_one_time_links_user_id", "user_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_by: Mapped[str]
    ends_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class PasswordRequest(Base):
    """Somebody says that they forgot the password of this e-mail: nobody looked yet whose it is.

    The page writes the same row for every e-mail, the dispatcher takes it away again.
    """

    __tablename__ = "password_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str]
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
