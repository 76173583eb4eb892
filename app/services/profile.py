"""One's own profile: language and time zone."""

from dataclasses import dataclass
from zoneinfo import available_timezones

import sqlalchemy as sa

from app.database import reading, transaction
from app.domain.access import Viewer
from app.domain.errors import InvalidError
from app.domain.languages import Language
from app.models import Account, User


@dataclass(frozen=True, kw_only=True)
class Profile:
    """`language` and `timezone` are None where the account's hold."""

    name: str
    email: str
    language: Language | None
    timezone: str | None
    account_language: Language
    account_timezone: str


def timezones() -> list[str]:
    """Places and UTC: what people know their time by."""
    return sorted({zone for zone in available_timezones() if "/" in zone} | {"UTC"})


def get_profile(viewer: Viewer) -> Profile:
    user, account = (
        reading(viewer.scope)
        .execute(
            sa.select(User, Account)
            .join(Account, Account.id == User.account_id)
            .where(User.id == viewer.user_id)
        )
        .one()
    )
    return Profile(
        name=user.name,
        email=user.email,
        language=user.language,
        timezone=user.timezone,
        account_language=account.language,
        account_timezone=account.timezone,
    )


def save_profile(
    viewer: Viewer, *, name: str, language: Language | None, timezone: str | None
) -> None:
    """Raises InvalidError for a time zone that there is not, and for no name."""
    if timezone is not None and timezone not in timezones():
        raise InvalidError("There is no such time zone.", field="timezone")
    if not name.strip():
        raise InvalidError("Enter your name.", field="name")
    with transaction(viewer.scope) as session:
        session.execute(
            sa.update(User)
            .where(User.id == viewer.user_id)
            .values(name=" ".join(name.split())[:100], language=language, timezone=timezone)
        )
