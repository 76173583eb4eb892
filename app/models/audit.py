"""The audit log: entries that nobody changes, and the end of their chain."""

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class AuditEntry(Base):
    """Who did what to what. Names are those of then; nothing points at rows that may go.

    Append-only: a trigger refuses every change, and the app's role may only read and insert.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_at", "at"),
        sa.Index("ix_audit_entries_event_number", "event", "number"),
        sa.Index("ix_audit_entries_object_id_number", "object_id", "number"),
        sa.Index("ix_audit_entries_actor_id_number", "actor_id", "number"),
        sa.Index("ix_audit_entries_about_account_id_number", "about_account_id", "number"),
    )

    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    event: Mapped[str]
    actor: Mapped[str]
    actor_email: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    object_kind: Mapped[str]
    object_id: Mapped[UUID | None]
    object_name: Mapped[str]
    about_account_id: Mapped[UUID | None]  # whose thing it is
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str]
    hash: Mapped[str]


class AuditWord(Base):
    """A word of an entry, kept by a trigger. The key is the index that a search reads."""

    __tablename__ = "audit_words"

    word: Mapped[str] = mapped_column(sa.Text(collation="C"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)


class AuditChain(Base):
    """The newest entry's number and hash, and what the last check found. One row."""

    __tablename__ = "audit_chain"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    number: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    hash: Mapped[str]
    checked_at: Mapped[dt.datetime | None]
    checked_number: Mapped[int | None] = mapped_column(sa.BigInteger)
    broken_number: Mapped[int | None] = mapped_column(sa.BigInteger)
    problem: Mapped[str] = mapped_column(default="", server_default="")
