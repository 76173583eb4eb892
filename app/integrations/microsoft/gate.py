"""What stands before every call: it may say "not now" and learns how the call ended."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from app.integrations.microsoft.calls import Call


class Gate(Protocol):
    def passing(self, call: Call) -> AbstractContextManager[None]:
        """Around one call. Raises TryLaterError before it where it must not be made now."""
        ...


class OpenGate:
    """Lets every call pass: for one that a person makes by hand."""

    @contextmanager
    def passing(self, _call: Call) -> Iterator[None]:
        yield
