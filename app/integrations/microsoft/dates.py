"""Microsoft's dates: seven digits, missing zones, and years that mean never."""

import datetime as dt

_NEVER = (1, 9999)


def read_instant(text: str) -> dt.datetime | None:
    """The instant in UTC; None for the sentinels 0001 and 9999. Raises ValueError when it is none.

    Partner Center leaves the zone out of a reservation's dates: they are UTC.
    """
    instant = dt.datetime.fromisoformat(text.strip())
    if instant.year in _NEVER:
        return None
    if instant.tzinfo is None:
        return instant.replace(tzinfo=dt.UTC)
    return instant.astimezone(dt.UTC)
