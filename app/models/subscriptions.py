"""Subscriptions: a customer's Azure plans, from which reservations are bought."""

import datetime as dt
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.models.tenancy import Owned, owned_by_account
from app.models.types import enum_text


class Subscription(Owned, Base):
    __tablename__ = "subscriptions"
    __table_args__ = (
        owned_by_account(),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.Index("ix_subscriptions_account_id", "account_id", "number"),
        sa.Index("ix_subscriptions_tenant_id", "tenant_id", "number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=1), unique=True)
    name: Mapped[str]
    status: Mapped[SubscriptionStatus] = mapped_column(enum_text(SubscriptionStatus))
    provisioning_sync_status: Mapped[ProvisioningSyncStatus] = mapped_column(
        enum_text(ProvisioningSyncStatus)
    )
    microsoft_subscription_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
