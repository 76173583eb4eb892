"""What `make run` says: every line with the name of the process that said it."""

import os
import sys
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 31, 96, 93)
_NAME_WIDTH = 10


class Console:
    """Whole lines only, so that the words of two processes never mix."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._colour_of: dict[str, int] = {}
        self.is_closed = False

    def say(self, text: str) -> None:
        """A line of our own, without a name before it."""
        if self.is_closed:
            return
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()
        except OSError:  # nobody reads us any more
            self.is_closed = True

    def say_for(self, name: str, line: bytes) -> None:
        """A line that a process said."""
        text = line.decode("utf-8", "replace").rstrip()
        label = f"{name:<{_NAME_WIDTH}} |"
        if self._coloured:
            colour = self._colour_of.setdefault(
                name, _COLOURS[len(self._colour_of) % len(_COLOURS)]
            )
            label = f"\x1b[{colour}m{label}\x1b[0m"
        self.say(f"{label} {text}")
