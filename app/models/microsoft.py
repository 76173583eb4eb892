"""Our connection to Microsoft, and what was read of our customers there."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.customer_import import ImportState
from app.models.types import enum_text


class MicrosoftConnection(Base):
    """Who we are at Microsoft, and the rotating refresh token of App+User. One row.

    What is secret is encrypted: the token, the application's secret, and what a consent that is
    under way has to remember.
    """

    __tablename__ = "microsoft_connection"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    refresh_token: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    refreshed_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    tenant_id: Mapped[str | None]  # with the next two: instead of the settings
    client_id: Mapped[str | None]
    client_secret: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    consented_at: Mapped[dt.datetime | None]
    consented_by: Mapped[str | None]
    consent_flow: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    consent_asker_id: Mapped[UUID | None]
    consent_asked_at: Mapped[dt.datetime | None]
    tested_at: Mapped[dt.datetime | None]
    tests: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")


class CustomerImport(Base):
    """One reading of our customers at Partner Center; applied later, or never. One open at once."""

    __tablename__ = "customer_imports"
    __table_args__ = (
        sa.Index("ix_customer_imports_requested_at", "requested_at"),
        sa.Index(
            "uq_customer_imports_open",
            sa.text("(true)"),
            unique=True,
            postgresql_where=sa.text("finished_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[ImportState] = mapped_column(enum_text(ImportState))
    step: Mapped[str] = mapped_column(default="", server_default="")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    requested_by: Mapped[str]
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    finished_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    found: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    applied_at: Mapped[dt.datetime | None]
    applied_by: Mapped[str | None]
