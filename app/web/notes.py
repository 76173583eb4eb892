"""A note for the next page about one thing, shown once: what saving it set going."""

from uuid import UUID

from flask import session

_KEY = "note"


def leave_note(about: UUID, text: str) -> None:
    """Keep `text` in the browser's session until the page about `about` takes it."""
    session[_KEY] = [str(about), text]


def take_note(about: UUID) -> str | None:
    """The note about it, if one was left; the session forgets it."""
    found_about, text = session.get(_KEY) or (None, None)
    if found_about != str(about):
        return None
    session.pop(_KEY)
    return str(text)
