"""What is for sale: products of ours, and the SKUs that Microsoft sells."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.assets import AssetKind
from app.domain.catalogue import RefreshState
from app.models.types import enum_text


class Product(Base):
    """One for every software plan, and one generic "Azure Plan Reserved Instances"."""

    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[AssetKind] = mapped_column(enum_text(AssetKind))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    microsoft_product_id: Mapped[str | None] = mapped_column(unique=True)
    is_published: Mapped[bool] = mapped_column(default=True)


class Sku(Base):
    """A line of Microsoft's catalogue and price sheet, as last fetched."""

    __tablename__ = "skus"
    __table_args__ = (
        sa.UniqueConstraint("microsoft_product_id", "microsoft_sku_id", "segment"),
        sa.Index(
            "ix_skus_wizard", "kind", "reservation_type", "arm_region", "term_duration", "title"
        ),
        sa.Index("ix_skus_product_id", "product_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("products.id"))
    kind: Mapped[AssetKind] = mapped_column(enum_text(AssetKind))
    microsoft_product_id: Mapped[str]
    microsoft_sku_id: Mapped[str]
    availability_id: Mapped[str | None]  # changes at Microsoft; read again before each purchase
    segment: Mapped[str] = mapped_column(default="commercial")
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    term_duration: Mapped[str | None]  # P1Y, P3Y; None is perpetual
    reservation_type: Mapped[str | None]
    category: Mapped[str | None]
    region: Mapped[str | None]  # as Microsoft shows it: "EU West"
    arm_region: Mapped[str | None]  # "westeurope"
    arm_sku_name: Mapped[str | None]
    cores: Mapped[int | None]
    ram_gb: Mapped[Decimal | None]
    minimum_quantity: Mapped[int] = mapped_column(default=1)
    maximum_quantity: Mapped[int] = mapped_column(sa.BigInteger, default=1)
    cost: Mapped[Decimal | None]  # per instance for the whole term; None: no price, not for sale
    currency: Mapped[str | None]
    fetched_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class CatalogueRefresh(Base):
    """One run of bringing Microsoft's catalogue here. The row is the job; one is open at a time."""

    __tablename__ = "catalogue_refreshes"
    __table_args__ = (
        sa.Index("ix_catalogue_refreshes_requested_at", "requested_at"),
        sa.Index(
            "uq_catalogue_refreshes_open",
            sa.text("(true)"),
            unique=True,
            postgresql_where=sa.text("finished_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[RefreshState] = mapped_column(enum_text(RefreshState))
    step: Mapped[str] = mapped_column(default="", server_default="")  # what it does just now
    requested_by: Mapped[str]
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
