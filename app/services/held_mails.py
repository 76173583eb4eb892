"""Mails from before a restore: they may have been sent since, so people say what goes out."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.domain.mail import MailKind, MailState
from app.domain.sentences import said
from app.models import Asset, Control, Mail, Notice
from app.services.audit import NOTHING, Subject, audit
from app.services.control import is_same_database, lock_control, mails_are_sure, trust_mails
from app.services.visibility import visible_to

log = structlog.get_logger()

_ALL_HELD = Subject(kind="mail", name="All that were held")


class HeldAnswer(StrEnum):
    """What people say of what is held."""

    SEND = "send"
    DROP = "drop"


def hold_what_waits() -> int:
    """Asked by the postman every round. In a restored database: hold what it brought along.

    How many mails and notices that were. What is written afterwards is sent as ever.
    """
    known = sa.select(sa.exists().where(Control.mails_database.is_not(None)), mails_are_sure())
    if all(reading(SYSTEM_SCOPE).execute(known).one()):
        return 0
    with transaction(SYSTEM_SCOPE) as session:
        control = lock_control(session)
        is_known, is_sure, is_same = session.execute(
            known.add_columns(sa.exists().where(is_same_database()))
        ).one()
        if is_known and is_sure:
            return 0  # another postman was quicker
        trust_mails(control)
        if not is_known and is_same:
            return 0  # never asked before
        control.mails_held_at = sa.func.now()
        return _hold_all(session)


def _hold_all(session: Session) -> int:
    mails = session.scalars(
        sa.update(Mail)
        .where(Mail.state == MailState.WAITING)
        .values(state=MailState.HELD, next_run_at=None, lease_until=None)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    ).all()
    notices = session.scalars(
        sa.update(Notice)
        .where(Notice.spread_at.is_(None))
        .values(is_held=True)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    log.warning("mail.held_after_restore", mails=len(mails), notices=len(notices))
    return len(mails) + len(notices)


def hold(mail: Mail) -> Mail:
    """A mail that is not in the outbox yet: it waits for people from its first moment."""
    mail.state, mail.next_run_at = MailState.HELD, None
    return mail


def may_have_been_told() -> sa.Label[bool]:
    """Part of a query of notices: of before a restore, or of an expiry that a restore repeats."""
    expired_before = sa.exists().where(
        Asset.id == Notice.about_id,
        Asset.expires_on <= sa.cast(sa.func.timezone("UTC", Control.mails_held_at), sa.Date),
    )
    repeats = sa.and_(Notice.kind == MailKind.EXPIRED, expired_before)
    return sa.or_(Notice.is_held, repeats).label("is_held")


def settle_held(viewer: Viewer, answer: HeldAnswer) -> int:
    """Send all that is held, or drop all of it; how many there were."""
    _check_may_settle(viewer)
    values = _sent_now() if answer is HeldAnswer.SEND else {"state": MailState.DROPPED}
    with transaction(viewer.scope) as session:
        settled = session.scalars(
            sa.update(Mail)
            .where(Mail.state == MailState.HELD, visible_to(viewer, Mail))
            .values(**values)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        ).all()
        if settled:
            is_sent = answer is HeldAnswer.SEND
            event = AuditEvent.MAIL_RETRIED if is_sent else AuditEvent.MAIL_DROPPED
            audit(session, viewer, event, _ALL_HELD, change=(NOTHING, {"mails": len(settled)}))
    return len(settled)


def _sent_now() -> dict[str, object]:
    return {"state": MailState.WAITING, "attempts": 0, "next_run_at": sa.func.now()}


def drop_mail(viewer: Viewer, mail_id: UUID) -> None:
    """Never send this one that is held. Raises ConflictError where it is not."""
    _check_may_settle(viewer)
    with transaction(viewer.scope) as session:
        query = sa.select(Mail).where(Mail.id == mail_id, visible_to(viewer, Mail))
        mail = session.scalar(query.with_for_update())
        if mail is None:
            raise NotFoundError
        if mail.state is not MailState.HELD:
            raise ConflictError("This mail is not held: %(state)s.", state=said(mail.state.label))
        mail.state = MailState.DROPPED
        about = Subject(kind="mail", name=mail.kind, id=mail.id, account_id=mail.account_id)
        audit(session, viewer, AuditEvent.MAIL_DROPPED, about)


def _check_may_settle(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Your role does not decide about mails.")
