"""Purchases: the row is the job. What is asked of Microsoft, how far it got, every step of it."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import WaitsFor
from app.models.tenancy import Owned, owned_through
from app.models.types import enum_text


class Purchase(Owned, Base):
    """One wish to buy. `cart_id`, `order_id` and `own_ref` are write-once by a trigger."""

    __tablename__ = "purchases"
    __table_args__ = (
        owned_through("asset_id", "assets"),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.UniqueConstraint("asset_id", "generation"),
        sa.Index(
            "uq_purchases_live_asset",
            "asset_id",
            unique=True,
            postgresql_where=sa.text("state <> 'abandoned'"),
        ),
        sa.Index(
            "ix_purchases_unfinished",
            "state",
            "created_at",
            postgresql_where=sa.text("state <> 'synchronized'"),
        ),
        sa.Index(
            "ix_purchases_waiting",
            "created_at",
            "id",
            postgresql_where=sa.text("waits_for IS NOT NULL"),
        ),
        sa.Index(
            "ix_purchases_due",
            "next_run_at",
            postgresql_where=sa.text("next_run_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_purchases_spent_at",
            "spent_at",
            postgresql_where=sa.text("spent_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_purchases_order_id",
            "order_id",
            postgresql_where=sa.text("order_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_purchases_retry_asked",
            "id",
            postgresql_where=sa.text("retry_asked_by_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    asset_id: Mapped[UUID]
    generation: Mapped[int] = mapped_column(default=1)
    own_ref: Mapped[str] = mapped_column(unique=True)  # the cart line's friendlyName
    params: Mapped[dict[str, Any]]  # what is bought; changes only while failed
    state: Mapped[PurchaseState] = mapped_column(enum_text(PurchaseState))
    cart_request_id: Mapped[UUID] = mapped_column(default=uuid4)
    checkout_request_id: Mapped[UUID] = mapped_column(default=uuid4)
    correlation_id: Mapped[UUID] = mapped_column(default=uuid4)
    cart_id: Mapped[str | None] = mapped_column(unique=True)
    cart_created_at: Mapped[dt.datetime | None]
    cart_is_stale: Mapped[bool] = mapped_column(default=False)  # params changed since it was made
    cart_gone_at: Mapped[dt.datetime | None]  # first seen to be gone: nothing is bought from it
    checkout_first_sent_at: Mapped[dt.datetime | None]
    checkout_last_sent_at: Mapped[dt.datetime | None]
    checkout_is_open: Mapped[bool] = mapped_column(default=False)  # sent, and never answered
    order_id: Mapped[str | None]
    fence: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    lease_until: Mapped[dt.datetime | None]
    worker: Mapped[str | None]
    epoch: Mapped[int] = mapped_column(default=1)
    next_run_at: Mapped[dt.datetime | None]  # the only retry there is; None: nothing to do
    woken_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)  # since the last step forward
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]  # Microsoft's words
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_by: Mapped[str]
    finished_at: Mapped[dt.datetime | None]
    # The guards: what it may cost us in the hour after `spent_at`, and what it waits for.
    spend: Mapped[Decimal | None]
    spend_currency: Mapped[str | None]
    spent_at: Mapped[dt.datetime | None]
    waits_for: Mapped[WaitsFor | None] = mapped_column(enum_text(WaitsFor))
    absence_proved_at: Mapped[dt.datetime | None]  # looked everywhere, nothing was bought
    # Two people's word: on what, up to which cost, and who.
    approval_of: Mapped[WaitsFor | None] = mapped_column(enum_text(WaitsFor))
    approval_amount: Mapped[Decimal | None]
    first_approver_id: Mapped[UUID | None]
    first_approver: Mapped[str | None]
    second_approver: Mapped[str | None]
    approved_at: Mapped[dt.datetime | None]
    retry_asked_by_id: Mapped[UUID | None]  # whose edit and save waits to be made


class PurchaseEvent(Owned, Base):
    """What happened to a purchase, append-only: by whom, what was asked, what came back."""

    __tablename__ = "purchase_events"
    __table_args__ = (
        owned_through("purchase_id", "purchases"),
        sa.Index("ix_purchase_events_purchase_id", "purchase_id", "id"),
        sa.Index("ix_purchase_events_ordered", "at", postgresql_where=sa.text("event = 'ordered'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    purchase_id: Mapped[UUID]
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    event: Mapped[str]  # ordered, cart_created, checkout_sent, refused, saved, …
    state: Mapped[PurchaseState] = mapped_column(enum_text(PurchaseState))  # after it
    actor: Mapped[str]
    fence: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    error_code: Mapped[str | None]
    message: Mapped[str | None]
    ms_request_id: Mapped[str | None]
    ms_correlation_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
