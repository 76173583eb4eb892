"""Back office: the account that a person means by its number or its name."""

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.errors import InvalidError
from app.models import Account

_NUMBER = re.compile(r"(?:acc-)?0*([1-9]\d{0,17})", re.IGNORECASE)


def account_called(session: Session, text: str, *, field: str) -> Account:
    """By a number such as ACC-00012, or by the exact name in upper or lower case.

    Raises InvalidError on `field` where none or several are called that.
    """
    number = _NUMBER.fullmatch(text.strip())
    is_meant = (
        Account.number == int(number[1])
        if number
        else sa.func.lower(Account.name) == text.strip().lower()
    )
    found = list(session.scalars(sa.select(Account).where(is_meant).limit(2)))
    if len(found) != 1:
        raise InvalidError(
            "Several accounts have this name. Enter a number like ACC-00012."
            if found
            else "No account has this name. Enter a number like ACC-00012.",
            field=field,
        )
    return found[0]
