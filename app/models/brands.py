"""How the marketplace, or a reseller's part of it, is called and looks."""

from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Brand(Base):
    """A reseller's, or the marketplace's where `account_id` is empty. It is nobody's secret: the
    sign-in page shows it to everybody."""

    __tablename__ = "brands"
    __table_args__ = (
        sa.UniqueConstraint("account_id", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("hue BETWEEN 0 AND 359", name="hue"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    name: Mapped[str | None]  # a reseller's, instead of the marketplace's
    hue: Mapped[int | None]  # OKLCH, in degrees
    logo: Mapped[bytes | None] = mapped_column(deferred=True)  # PNG
    has_logo: Mapped[bool] = mapped_column(sa.Computed("logo IS NOT NULL", persisted=True))
    version: Mapped[int] = mapped_column(default=0, server_default="0")  # counts the changes
