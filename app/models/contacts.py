"""People of an account who need not be able to sign in."""

import datetime as dt
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.contacts import ContactRole
from app.models.tenancy import Owned, owned_by_account
from app.models.types import enum_text


class Contact(Owned, Base):
    __tablename__ = "contacts"
    __table_args__ = (
        owned_by_account(),
        sa.Index("ix_contacts_account_id_name", "account_id", "name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    role: Mapped[ContactRole] = mapped_column(enum_text(ContactRole))
    email: Mapped[str | None]
    phone: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
