"""Reconciliation with Microsoft: when each customer was read, what differed, who looks after it.

Staff's alone: row-level security shows these rows to nobody else.
"""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.reconciliation import CaseKind, CaseState
from app.models.types import enum_text


class CustomerReading(Base):
    """When a customer's side at Microsoft was last read. No row: never."""

    __tablename__ = "customer_readings"

    customer_id: Mapped[str] = mapped_column(primary_key=True)  # at Partner Center
    refreshed_at: Mapped[dt.datetime | None]
    reconciled_at: Mapped[dt.datetime | None]
    next_try_at: Mapped[dt.datetime | None]  # after trouble
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]


class ReconciliationRun(Base):
    """One comparison of many customers, or of one."""

    __tablename__ = "reconciliation_runs"
    __table_args__ = (sa.Index("ix_reconciliation_runs_started_at", "started_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    is_full: Mapped[bool]  # every customer that Microsoft and we know
    actor: Mapped[str]
    started_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    finished_at: Mapped[dt.datetime | None]
    customers: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)  # customers whose side could not be read
    matched: Mapped[int] = mapped_column(default=0)
    differences: Mapped[int] = mapped_column(default=0)
    adopted: Mapped[int] = mapped_column(default=0)  # progress and assets that were lost here


class ReconciliationCase(Base):
    """One difference, from the day it was seen until somebody or something ended it."""

    __tablename__ = "reconciliation_cases"
    __table_args__ = (
        sa.Index(
            "uq_reconciliation_cases_live",
            "fingerprint",
            unique=True,
            postgresql_where=sa.text("state IN ('open', 'in_work', 'accepted')"),
        ),
        sa.Index("ix_reconciliation_cases_state", "state", "number"),
        sa.Index("ix_reconciliation_cases_customer_id", "customer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=1), unique=True)
    fingerprint: Mapped[str]  # the same difference, seen again, is the same case
    kind: Mapped[CaseKind] = mapped_column(enum_text(CaseKind))
    state: Mapped[CaseState] = mapped_column(enum_text(CaseState), default=CaseState.OPEN)
    customer_id: Mapped[str]  # at Partner Center
    customer_name: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    asset_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("assets.id"))
    order_id: Mapped[str | None]  # Microsoft's
    title: Mapped[str]
    differs: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field → [ours, Microsoft's]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what adopting it needs
    owner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    owner_name: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    ended_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    history: Mapped[list[Any]] = mapped_column(JSONB, default=list)  # who did what to it, and when
    version: Mapped[int] = mapped_column(default=1)
