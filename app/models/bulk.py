"""Bulk jobs: one action on many assets. The rows are the job: work goes on from them."""

import datetime as dt
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.bulk import BulkAction, BulkItemState, BulkState
from app.models.tenancy import Owned, owned_by_account, owned_through
from app.models.types import enum_text


class BulkJob(Owned, Base):
    """Belongs to the account of whoever started it."""

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        owned_by_account(),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.Index(
            "ix_bulk_jobs_running", "created_at", postgresql_where=sa.text("state = 'running'")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    action: Mapped[BulkAction] = mapped_column(enum_text(BulkAction))
    tag: Mapped[str] = mapped_column(default="")
    state: Mapped[BulkState] = mapped_column(enum_text(BulkState), default=BulkState.RUNNING)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    lease_until: Mapped[dt.datetime | None]
    woken_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_by: Mapped[str]
    created_by_id: Mapped[UUID]
    finished_at: Mapped[dt.datetime | None]


class BulkJobItem(Owned, Base):
    """One asset of a job: the action, its outcome and the job's counters commit together."""

    __tablename__ = "bulk_job_items"
    __table_args__ = (
        owned_through("job_id", "bulk_jobs"),
        sa.Index(
            "ix_bulk_job_items_waiting",
            "job_id",
            "position",
            postgresql_where=sa.text("state = 'waiting'"),
        ),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assets.id"))
    state: Mapped[BulkItemState] = mapped_column(
        enum_text(BulkItemState), default=BulkItemState.WAITING
    )
    message: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[dt.datetime | None]
