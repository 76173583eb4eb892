"""Forgotten passwords: asked for by anybody, looked into by the dispatcher alone.

The page does the same for every e-mail, whether somebody has it or not: it writes one row.
"""

from uuid import uuid4

import sqlalchemy as sa
import structlog

from app.database import reading, transaction
from app.domain.access import SIGN_IN_SCOPE, SYSTEM_SCOPE
from app.domain.mail import MailKind
from app.models import Account, MarketplaceOptions, PasswordRequest, User
from app.services.brands import brand_of_account
from app.services.mail_recipients import mail_to, recipient_of
from app.services.mail_room import MailRoom
from app.services.one_time_links import make_link

log = structlog.get_logger()

_AT_ONCE = 50


def ask_for_password(email: str) -> None:
    """Note that somebody wants a new password for this e-mail."""
    with transaction(SIGN_IN_SCOPE) as session:
        session.execute(sa.insert(PasswordRequest).values(id=uuid4(), email=email.strip()))


def answer_password_requests(room: MailRoom) -> int:
    """Make the links and mails of those who exist and are active; how many there were."""
    waiting = sa.select(PasswordRequest.id).order_by(PasswordRequest.asked_at).limit(_AT_ONCE)
    if not reading(SYSTEM_SCOPE).scalars(waiting).all():
        return 0
    answered = 0
    with transaction(SYSTEM_SCOPE) as session:
        emails = session.scalars(
            sa.delete(PasswordRequest)
            .where(PasswordRequest.id.in_(waiting.with_for_update(skip_locked=True)))
            .returning(PasswordRequest.email)
            .execution_options(synchronize_session=False)
        ).all()
        marketplace = session.scalars(sa.select(MarketplaceOptions.name)).one()
        for email in sorted({email.lower() for email in emails}):
            row = session.execute(_person(email)).one_or_none()
            if row is not None:
                link = make_link(session, row.User, room.link_key, by="forgotten password")
                recipient = recipient_of(
                    row.User, row.Account, brand_of_account(session, row.Account.id)
                )
                facts = {"marketplace": marketplace}
                session.add(mail_to(recipient, MailKind.PASSWORD_LINK, facts, link=link))
                answered += 1
    log.info("password.requests", asked=len(emails), answered=answered)
    return answered


def _person(email: str) -> sa.Select[User, Account]:
    return (
        sa.select(User, Account)
        .join(Account, Account.id == User.account_id)
        .where(sa.func.lower(User.email) == email, User.is_active, Account.is_active)
    )
