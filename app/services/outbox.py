"""The outbox: one mail is claimed, handed over and recorded. `next_run_at` is the only retry."""

import datetime as dt
import random
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from app.database import db, transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.mail import (
    MailOvertakenError,
    MailRefusedError,
    MailState,
    MailTroubleError,
    MailUnclearError,
    next_try_in,
)
from app.domain.sentences import said
from app.models import Mail
from app.services.control import mails_are_sure
from app.services.mail_rendering import as_sent
from app.services.mail_room import MailRoom, Post

log = structlog.get_logger()

_KILLED = said("The sender was stopped before the mail server's answer was written down.")
_LINK_IS_OVER = said("Its one-time link ran out before the mail could be sent.")
_GIVEN_UP = "Given up after two days. The last answer: "


class Delivery(StrEnum):
    """What became of one round."""

    NOTHING = "nothing"  # there is nothing to send
    SENT = "sent"
    NOT_SENT = "not_sent"  # for a reason of its own; the next may do
    TROUBLE = "trouble"  # the mail server: the next would fare no better


def deliver_next(room: MailRoom) -> Delivery:
    """Send the mail that is due longest. Any number of senders is harmless."""
    _settle_abandoned()
    if room.post is None:
        return Delivery.NOTHING
    mail = _claim(room)
    if mail is None:
        return Delivery.NOTHING
    if mail.state is MailState.FAILED:
        return Delivery.NOT_SENT
    changes = _send(mail, room, room.post)
    is_ours = _record(mail, changes)
    state = changes.get("state")
    log.info("mail.tried", mail=str(mail.id), kind=mail.kind, state=state, is_ours=is_ours)
    if state is MailState.SENT:
        return Delivery.SENT
    return Delivery.TROUBLE if state is MailState.WAITING else Delivery.NOT_SENT


def _settle_abandoned() -> None:
    """What was handed over by a sender that is gone may be sent: a person decides, no machine."""
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            sa.update(Mail)
            .where(Mail.state == MailState.HANDED_OVER, Mail.lease_until < sa.func.now())
            .values(state=MailState.UNCLEAR, next_run_at=None, last_error=_KILLED)
            .execution_options(synchronize_session=False)
        )


def _claim(room: MailRoom) -> Mail | None:
    """Take what is due under a new fence. A mail whose link is over comes back as failed."""
    now = sa.func.now()
    due = (
        sa.select(Mail.id)
        .where(
            Mail.state == MailState.WAITING,
            Mail.next_run_at <= now,
            sa.or_(Mail.lease_until.is_(None), Mail.lease_until < now),
            mails_are_sure(),
        )
        .order_by(Mail.next_run_at, Mail.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    is_over = sa.and_(Mail.useless_after.is_not(None), Mail.useless_after < now)
    with transaction(SYSTEM_SCOPE) as session:
        mail = session.scalar(
            sa.update(Mail)
            .where(Mail.id == due.scalar_subquery())
            .values(
                fence=Mail.fence + 1,
                attempts=Mail.attempts + 1,
                lease_until=now + room.lease,
                state=sa.case((is_over, MailState.FAILED.value), else_=Mail.state),
                last_error=sa.case((is_over, _LINK_IS_OVER), else_=Mail.last_error),
                next_run_at=sa.case((is_over, sa.null()), else_=Mail.next_run_at),
            )
            .returning(Mail)
            .execution_options(synchronize_session=False)
        )
        if mail is not None:
            session.expunge(mail)
    return mail


def _send(mail: Mail, room: MailRoom, post: Post) -> dict[str, Any]:
    """Try it once, outside of every transaction; what is to be written down."""
    outgoing = as_sent(mail, room)
    db.session.remove()
    try:
        post.send(outgoing, handing_over=lambda: _hand_over(mail.id, mail.fence))
    except MailOvertakenError:
        return {}
    except MailUnclearError as error:
        return _ended(MailState.UNCLEAR, str(error))
    except MailRefusedError as error:
        return _ended(MailState.FAILED, str(error))
    except MailTroubleError as error:
        return _again(mail, str(error))
    return _ended(MailState.SENT, None) | {"sent_at": sa.func.now()}


def _hand_over(mail_id: UUID, fence: int) -> bool:
    """Written before the first byte goes out; False: another sender holds the mail."""
    with transaction(SYSTEM_SCOPE) as session:
        ours = session.scalar(
            sa.update(Mail)
            .where(
                Mail.id == mail_id,
                Mail.fence == fence,
                Mail.state == MailState.WAITING,
                mails_are_sure(),
            )
            .values(state=MailState.HANDED_OVER)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        )
    return ours is not None


def _ended(state: MailState, error: str | None) -> dict[str, Any]:
    return {"state": state, "last_error": error, "next_run_at": None, "lease_until": None}


def _again(mail: Mail, error: str) -> dict[str, Any]:
    seconds = next_try_in(mail.attempts, random.random())  # noqa: S311  # spreads retries
    if seconds is None:
        return _ended(MailState.FAILED, _GIVEN_UP + error)
    return {
        "state": MailState.WAITING,
        "last_error": error,
        "next_run_at": sa.func.now() + dt.timedelta(seconds=seconds),
        "lease_until": None,
    }


def _record(mail: Mail, changes: dict[str, Any]) -> bool:
    """Under the fence: what another sender holds by now is left alone."""
    if not changes:
        return False
    with transaction(SYSTEM_SCOPE) as session:
        recorded = session.scalar(
            sa.update(Mail)
            .where(Mail.id == mail.id, Mail.fence == mail.fence)
            .values(**changes)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        )
    return recorded is not None
