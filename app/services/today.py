"""The business day."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session


def today(session: Session) -> dt.date:
    """The day in UTC by PostgreSQL's clock, which all processes share."""
    day = session.scalar(sa.select(sa.func.current_date()))
    if not isinstance(day, dt.date):
        raise TypeError("PostgreSQL gave no date.")
    return day
