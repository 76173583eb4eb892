"""What stands around all purchases: whether anything may be bought, and how Microsoft does."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Control(Base):
    """Whether anything may be bought at all, by whom, and how much of it. One row."""

    __tablename__ = "control"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    provisioning_enabled: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[str] = mapped_column(default="")
    switched_by: Mapped[str] = mapped_column(default="", server_default="")
    switched_at: Mapped[dt.datetime | None]
    min_epoch: Mapped[int] = mapped_column(default=1)
    # Which PostgreSQL this database was in when provisioning was last switched on.
    system_identifier: Mapped[str | None]
    timeline_id: Mapped[int | None]
    database_oid: Mapped[int | None] = mapped_column(sa.BigInteger)
    restored_at: Mapped[dt.datetime | None]  # found to be restored, and not cleared yet
    # Which PostgreSQL invoice numbers are given out in; empty: in none until people confirm them.
    numbers_database: Mapped[str | None]
    # Which PostgreSQL mails are sent from, and when those of a restored one were held last.
    mails_database: Mapped[str | None]
    mails_held_at: Mapped[dt.datetime | None]
    # When all customers were last compared with Microsoft and nothing of ours was missing here.
    reconciled_at: Mapped[dt.datetime | None]
    resume_asked_by: Mapped[str | None]  # the first of two people, after a restore
    resume_asker_id: Mapped[UUID | None]
    resume_asked_at: Mapped[dt.datetime | None]
    # False: a checkout that was never answered is parked, never sent again.
    resends_checkout: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    # Costs in spend_currency; null is no limit.
    spend_currency: Mapped[str] = mapped_column(default="EUR", server_default="EUR")
    four_eyes_above: Mapped[Decimal | None]
    account_hourly_limit: Mapped[Decimal | None]
    hourly_limit: Mapped[Decimal | None]


class ControlEvent(Base):
    """Who switched provisioning, limits or the epoch, when and why. Append-only."""

    __tablename__ = "control_events"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    event: Mapped[str]  # paused, resumed, resume_asked, restored, limits, epoch, …
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Provider(Base):
    """How Microsoft does, shared by every process. One row."""

    __tablename__ = "provider"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    failures: Mapped[int] = mapped_column(default=0)  # one after the other
    openings: Mapped[int] = mapped_column(default=0)  # 0: closed; else how often it opened again
    pause_until: Mapped[dt.datetime | None]  # no call before that
    probe_until: Mapped[dt.datetime | None]  # one process tries whether Microsoft is back
    reason: Mapped[str] = mapped_column(default="", server_default="")
    answered_at: Mapped[dt.datetime | None]  # the last good answer, to the minute


class Heartbeat(Base):
    """When a dispatcher or a worker was last alive, and how it delivers work.

    The row of kind "start" says when the system was started last.
    """

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="dispatcher", server_default="dispatcher")
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    epoch: Mapped[int] = mapped_column(default=1, server_default="1")
    is_degraded: Mapped[bool] = mapped_column(default=False)  # Redis is away: it works itself


class FailingJob(Base):
    """A job of the schedule that ended in an error nobody foresaw, until it succeeds again."""

    __tablename__ = "failing_jobs"

    name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())  # the last time


class Alert(Base):
    """Something that a person should look at: open until `cleared_at`. One row for each kind."""

    __tablename__ = "alerts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str]  # warn, page
    message: Mapped[str]
    since: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    cleared_at: Mapped[dt.datetime | None]
