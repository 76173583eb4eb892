"""Tax rules: country and kind of product → VAT rate."""

from decimal import Decimal
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.assets import AssetKind
from app.models.types import enum_text


class TaxRule(Base):
    __tablename__ = "tax_rules"
    __table_args__ = (
        sa.UniqueConstraint("country", "product_kind", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    country: Mapped[str]
    product_kind: Mapped[AssetKind | None] = mapped_column(enum_text(AssetKind))  # None: every
    rate: Mapped[Decimal]  # per cent
