"""One-time links: a person chooses a password with it, once, within an hour."""

import datetime as dt
import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import OneTimeLink, User

LASTS = dt.timedelta(hours=1)
PATH = "/password/new"


@dataclass(frozen=True)
class LinkKey:
    """Makes a link's token out of its id, so that no table and no queue holds a token."""

    secret: bytes

    @classmethod
    def from_encryption_key(cls, key: str) -> "LinkKey":
        return cls(hmac.digest(key.encode(), b"entrepot one-time links", "sha256"))

    def token_of(self, link_id: UUID) -> str:
        """256 bits, safe in a URL, the same each time."""
        digest = hmac.digest(self.secret, link_id.bytes, "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def path_of(self, link_id: UUID) -> str:
        return f"{PATH}?token={self.token_of(link_id)}"


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(session: Session, user: User, key: LinkKey, *, by: str) -> OneTimeLink:
    """A new link for the user, in the caller's transaction; older ones end."""
    revoke_links(session, user.id)
    link_id = uuid4()
    now = session.scalars(sa.select(sa.func.now())).one()
    link = OneTimeLink(
        id=link_id,
        user_id=user.id,
        account_id=user.account_id,
        tenant_id=user.tenant_id,
        token_hash=hash_of(key.token_of(link_id)),
        created_by=by,
        ends_at=now + LASTS,
    )
    session.add(link)
    session.flush()
    return link


def revoke_links(session: Session, user_id: UUID) -> None:
    """End every link of the user that was not used."""
    session.execute(
        sa.update(OneTimeLink)
        .where(OneTimeLink.user_id == user_id, is_open())
        .values(revoked_at=sa.func.now())
        .execution_options(synchronize_session=False)
    )


def is_open() -> sa.ColumnElement[bool]:
    return sa.and_(
        OneTimeLink.used_at.is_(None),
        OneTimeLink.revoked_at.is_(None),
        OneTimeLink.ends_at > sa.func.now(),
    )
