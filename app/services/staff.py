"""The distributor's staff: its first administrator, made from the command line."""

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE, AccountKind, Role
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError
from app.models import Account, MarketplaceOptions, User
from app.services import passwords
from app.services.audit import audit
from app.services.audit_subjects import of_user

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def create_administrator(email: str, password: str) -> None:
    """A member of staff who may do everything; makes the distributor where there is none yet.

    Raises InvalidError for what is no e-mail address, one that is taken, a password too short.
    """
    if not _EMAIL.fullmatch(email):
        raise InvalidError("%(email)s is not an e-mail address.", email=email, field="email")
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise InvalidError(
            "Use a password of %(shortest)s to %(longest)s characters.",
            shortest=passwords.SHORTEST,
            longest=passwords.LONGEST,
            field="password",
        )
    password_hash = passwords.hash_password(password)
    with transaction(SYSTEM_SCOPE) as session:
        if session.scalar(sa.select(User.id).where(sa.func.lower(User.email) == email.lower())):
            raise InvalidError("There is a user %(email)s already.", email=email, field="email")
        distributor = _distributor(session)
        user = User(
            account_id=distributor.id,
            tenant_id=distributor.id,
            email=email,
            name=email.partition("@")[0],
            password_hash=password_hash,
            role=Role.STAFF_ADMINISTRATOR,
        )
        session.add(user)
        session.flush()
        audit(session, "the command line", AuditEvent.USER_CREATED, of_user(user))


def _distributor(session: Session) -> Account:
    distributor = session.scalar(sa.select(Account).where(Account.kind == AccountKind.DISTRIBUTOR))
    if distributor is None:
        options = session.scalars(sa.select(MarketplaceOptions)).one()
        distributor = Account(
            kind=AccountKind.DISTRIBUTOR,
            name=options.name,
            country=options.country,
            currency=options.currency,
            timezone=options.timezone,
        )
        session.add(distributor)
        session.flush()
    return distributor
