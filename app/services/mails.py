"""Back office: the outbox as a list, one mail, and sending it again."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.domain.mail import MailKind, MailState
from app.domain.sentences import said
from app.models import Account, Mail
from app.services.audit import NOTHING, Subject, audit
from app.services.mail_rendering import as_shown, subject_of
from app.services.mail_room import MailRoom
from app.services.pages import Keys, Page, PageRequest, fetch_counted_page
from app.services.visibility import visible_to

UNSENT = (MailState.WAITING, MailState.UNCLEAR, MailState.FAILED, MailState.HELD)


@dataclass(frozen=True, kw_only=True)
class MailQuery:
    """`q` looks in addresses and names. Without a state: every mail."""

    q: str = ""
    states: Sequence[MailState] = ()
    kind: MailKind | None = None
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class MailRow:
    id: UUID
    kind: MailKind
    subject: str
    to_name: str
    to_address: str
    account_id: UUID
    account_name: str
    state: MailState
    attempts: int
    last_error: str | None
    created_at: dt.datetime
    sent_at: dt.datetime | None
    next_run_at: dt.datetime | None
    may_retry: bool


@dataclass(frozen=True, kw_only=True)
class MailView:
    """`text` is what the recipient reads, but for a one-time link."""

    row: MailRow
    message_id: str
    text: str
    has_link: bool


@dataclass(frozen=True, kw_only=True)
class UnsentCounts:
    """Mails that wait, were given up, are held or are perhaps sent; and of these the held."""

    unsent: int
    held: int


def list_mails(viewer: Viewer, wanted: MailQuery) -> Page[MailRow]:
    """The newest first, in two statements."""
    session = reading(viewer.scope)
    filters = [visible_to(viewer, Mail), *_filters(wanted)]
    query = sa.select(Mail, Account.name).join(Account, Account.id == Mail.account_id)
    query = query.where(*filters)
    keys = Keys(columns=(Mail.number.expression,), descending=True)
    found = fetch_counted_page(session, query, keys, wanted.page)
    return found.with_items([_row(row) for row in found.items])


def count_unsent(viewer: Viewer) -> UnsentCounts:
    """In one statement."""
    held = sa.func.count().filter(Mail.state == MailState.HELD)
    query = sa.select(sa.func.count().label("unsent"), held.label("held")).select_from(Mail)
    row = (
        reading(viewer.scope)
        .execute(query.where(visible_to(viewer, Mail), Mail.state.in_(UNSENT)))
        .one()
    )
    return UnsentCounts(unsent=row.unsent, held=row.held)


def get_mail(viewer: Viewer, mail_id: UUID, room: MailRoom) -> MailView:
    row = (
        reading(viewer.scope)
        .execute(
            sa.select(Mail, Account.name)
            .join(Account, Account.id == Mail.account_id)
            .where(Mail.id == mail_id, visible_to(viewer, Mail))
        )
        .one_or_none()
    )
    if row is None:
        raise NotFoundError
    shown = as_shown(row[0], room)
    return MailView(
        row=_row(row),
        message_id=shown.message_id,
        text=shown.text,
        has_link=row[0].link_id is not None,
    )


def retry_mail(viewer: Viewer, mail_id: UUID) -> None:
    """Let it be tried now. What is perhaps sent may arrive twice: a person has decided so.

    Raises ConflictError where it is sent, or where its one-time link has run out.
    """
    _check_may_retry(viewer)
    with transaction(viewer.scope) as session:
        query = sa.select(Mail).where(Mail.id == mail_id, visible_to(viewer, Mail))
        mail = session.scalar(query.with_for_update())
        if mail is None:
            raise NotFoundError
        if mail.state not in UNSENT:
            raise ConflictError(
                "This mail needs no other try: %(state)s.", state=said(mail.state.label)
            )
        now = session.scalars(sa.select(sa.func.now())).one()
        if mail.useless_after is not None and mail.useless_after < now:
            raise ConflictError("Its one-time link has run out: make a new one at the user.")
        _let_try(mail, now)
        about = Subject(kind="mail", name=mail.kind, id=mail.id, account_id=mail.account_id)
        audit(session, viewer, AuditEvent.MAIL_RETRIED, about)


def retry_all_unsent(viewer: Viewer) -> int:
    """The same for all that surely were not sent; how many there were."""
    _check_may_retry(viewer)
    now = sa.func.now()
    with transaction(viewer.scope) as session:
        retried = session.scalars(
            sa.update(Mail)
            .where(
                visible_to(viewer, Mail),
                Mail.state.in_((MailState.WAITING, MailState.FAILED)),
                sa.or_(Mail.useless_after.is_(None), Mail.useless_after > now),
            )
            .values(state=MailState.WAITING, attempts=0, next_run_at=now)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        ).all()
        if retried:
            about = Subject(kind="mail", name="All that were not sent")
            change = (NOTHING, {"mails": len(retried)})
            audit(session, viewer, AuditEvent.MAIL_RETRIED, about, change=change)
    return len(retried)


def _let_try(mail: Mail, now: dt.datetime) -> None:
    mail.state = MailState.WAITING
    mail.attempts = 0
    mail.next_run_at = now


def _check_may_retry(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Your role does not send mails again.")


def _filters(wanted: MailQuery) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = []
    if wanted.q:
        filters.append(
            sa.or_(
                Mail.to_address.icontains(wanted.q, autoescape=True),
                Mail.to_name.icontains(wanted.q, autoescape=True),
                Account.name.icontains(wanted.q, autoescape=True),
            )
        )
    if wanted.states:
        filters.append(Mail.state.in_(wanted.states))
    if wanted.kind is not None:
        filters.append(Mail.kind == wanted.kind)
    return filters


def _row(row: Any) -> MailRow:
    mail: Mail = row[0]
    return MailRow(
        id=mail.id,
        kind=mail.kind,
        subject=subject_of(mail),
        to_name=mail.to_name,
        to_address=mail.to_address,
        account_id=mail.account_id,
        account_name=row[1],
        state=mail.state,
        attempts=mail.attempts,
        last_error=mail.last_error,
        created_at=mail.created_at,
        sent_at=mail.sent_at,
        next_run_at=mail.next_run_at,
        may_retry=mail.state in UNSENT,
    )
