"""The outbox: what is to be told, and the mails that tell it."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.languages import Language
from app.domain.mail import MailKind, MailState
from app.models.tenancy import Owned, owned_by_account
from app.models.types import enum_text


class Notice(Owned, Base):
    """Something that people are to be told, written in the transaction that made it so.

    Whom it concerns is found out afterwards, by the dispatcher: whoever orders may not see who
    approves. `occasion` tells apart what may happen to one thing several times.
    """

    __tablename__ = "notices"
    __table_args__ = (
        owned_by_account(),
        sa.UniqueConstraint("kind", "about_id", "occasion"),
        sa.Index("ix_notices_open", "number", postgresql_where=sa.text("spread_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, server_default=sa.text("gen_random_uuid()")
    )
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity())
    kind: Mapped[MailKind] = mapped_column(enum_text(MailKind))
    about_id: Mapped[UUID]
    occasion: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default=sa.text("0"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    spread_at: Mapped[dt.datetime | None]  # since when its mails are in the outbox
    # Of before a restore: what it tells may have been sent, so its mails wait for people.
    is_held: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Mail(Owned, Base):
    """One mail to one person: what it says is frozen in `facts`, its words are made on sending.

    The owner is the recipient's account. No row holds a one-time link: it is derived on sending.
    """

    __tablename__ = "mails"
    __table_args__ = (
        owned_by_account(),
        sa.Index("ix_mails_due", "next_run_at", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index(
            "ix_mails_handed_over", "lease_until", postgresql_where=sa.text("state = 'handed_over'")
        ),
        sa.Index("ix_mails_state_number", "state", "number"),
        sa.Index("ix_mails_kind_created_at", "kind", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), unique=True)
    kind: Mapped[MailKind] = mapped_column(enum_text(MailKind))
    to_address: Mapped[str]
    to_name: Mapped[str]
    language: Mapped[Language] = mapped_column(enum_text(Language))
    timezone: Mapped[str]
    facts: Mapped[dict[str, Any]]
    link_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("one_time_links.id"))
    state: Mapped[MailState] = mapped_column(enum_text(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_run_at: Mapped[dt.datetime | None] = mapped_column(default=sa.func.now())
    useless_after: Mapped[dt.datetime | None]  # its one-time link has run out then
    fence: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    lease_until: Mapped[dt.datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    sent_at: Mapped[dt.datetime | None]
