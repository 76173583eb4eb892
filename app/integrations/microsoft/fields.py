"""Reading Microsoft's JSON without ever trusting it: a property may be missing, null or odd."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from app.integrations.microsoft.dates import read_instant

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,10}(\.0{1,10})?")
_LARGEST_INTEGER = 2**31 - 1  # what Microsoft's Int32 and PostgreSQL's integer hold
_LARGEST_AMOUNT = Decimal(10) ** 14  # what Numeric(18, 4) holds


class UnreadableAnswerError(Exception):
    """An answer lacks what it must have. Says which property, never what stood in it."""


def decode(body: bytes) -> object:
    """The JSON value of an answer. A byte order mark, right or mangled to `?`, may stand first."""
    try:
        text = body.decode("utf-8-sig").lstrip("\ufeff? \t\r\n")
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise UnreadableAnswerError("the body is not JSON") from error


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def same_id(left: str, right: str) -> bool:
    """Microsoft's ids come in any case."""
    return left.casefold() == right.casefold()


def array(value: object) -> list["Fields"]:
    """The objects of a bare array."""
    if not isinstance(value, list):
        raise UnreadableAnswerError("an array is expected")
    return [Fields(item) for item in value]


class Fields:
    """The properties of one JSON object, by name in any case."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise UnreadableAnswerError("an object is expected")
        self._names = tuple(map(_clean, value))
        self._values: dict[str, object] = {_clean(key).lower(): value[key] for key in value}

    def text(self, name: str, default: str = "") -> str:
        """The text, or the default where there is none."""
        return _clean(self._values.get(name.lower())) or default

    def optional_text(self, name: str) -> str | None:
        return self.text(name) or None

    def required_text(self, name: str) -> str:
        return self.text(name) or self._missing(name)

    def id(self, name: str) -> str:
        """A required id; a GUID always in lower case, so that ids can be compared and stored."""
        return _tidy_id(self.required_text(name))

    def only_of(self, asked_id: str) -> "Fields":
        """These fields, if they are of the resource that was asked for."""
        if not same_id(self.id("id"), asked_id):
            raise UnreadableAnswerError("id is another one")
        return self

    def optional_id(self, name: str) -> str | None:
        return _tidy_id(self.text(name)) or None

    def optional_integer(self, name: str) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if not _WHOLE_NUMBER.fullmatch(text):
            self._missing(name)
        number = int(Decimal(text))
        return number if abs(number) <= _LARGEST_INTEGER else self._missing(name)

    def integer(self, name: str) -> int:
        number = self.optional_integer(name)
        return self._missing(name) if number is None else number

    def amount(self, name: str) -> Decimal:
        """Required money, never negative."""
        try:
            amount = Decimal(self.required_text(name))
        except InvalidOperation:
            self._missing(name)
        return amount if _is_amount(amount) else self._missing(name)

    def amount_if_readable(self, name: str) -> Decimal | None:
        """For prices that are shown beside ours and decide nothing."""
        try:
            return self.amount(name) if self.has(name) else None
        except UnreadableAnswerError:
            return None

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._values.get(name.lower())
        if isinstance(value, str):
            return value.strip().lower() == "true"
        return value if isinstance(value, bool) else default

    def required_flag(self, name: str) -> bool:
        value = self._values.get(name.lower())
        return value if isinstance(value, bool) else self._missing(name)

    def instant(self, name: str) -> dt.datetime | None:
        """None where the property is missing or means never; a date that is none is unreadable."""
        text = self.text(name)
        try:
            return read_instant(text) if text else None
        except (ValueError, OverflowError):
            self._missing(name)

    def instant_if_readable(self, name: str) -> dt.datetime | None:
        """For dates that only inform: an order is not lost because its date is odd."""
        try:
            return self.instant(name)
        except UnreadableAnswerError:
            return None

    def has(self, name: str) -> bool:
        return self._values.get(name.lower()) is not None

    def value(self, name: str) -> object:
        return self._values.get(name.lower())

    def object(self, name: str) -> "Fields":
        """A nested object; an empty one where it is missing."""
        value = self._values.get(name.lower())
        return Fields({} if value is None else value)

    def objects(self, name: str) -> list["Fields"]:
        """A nested array of objects; an empty one where it is missing."""
        value = self._values.get(name.lower())
        return [] if value is None else array(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name.lower())
        texts = map(_clean, value) if isinstance(value, list) else ()
        return tuple(text for text in texts if text)

    def texts_by_name(self) -> dict[str, str]:
        """All properties that are text or numbers, in Microsoft's spelling."""
        return {name: text for name in self._names if (text := self.text(name))}

    def _missing(self, name: str) -> NoReturn:
        raise UnreadableAnswerError(f"{name} is missing or odd")


def _clean(value: object) -> str:
    """Text or a number as text that PostgreSQL can store; empty for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount < _LARGEST_AMOUNT and amount == round(amount, 12)


def _tidy_id(text: str) -> str:
    return text.lower() if _GUID.fullmatch(text) else text


def spelled(text: str, known: Mapping[str, str]) -> str:
    """A known word in its documented spelling, an unknown one as it came."""
    return known.get(text.lower(), text)


def spellings(*words: str) -> dict[str, str]:
    return {word.lower(): word for word in words}
