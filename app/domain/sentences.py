"""Texts for people that are said in the reader's language once it is known."""

from collections.abc import Mapping
from typing import Any


class Sentence(str):
    """English, and how it came about: the page says `message` in its reader's language.

    It is a string, so that logs, files and tests read the English. What is cut from it or glued
    to it is English for good.
    """

    __slots__ = ("message", "values")

    message: str
    values: dict[str, object]


def said(message: str, /, **values: object) -> Sentence:
    """`said("Wait for %(what)s.", what=…)`. A value that is a Sentence is translated with it.

    Without values a per cent sign stands for itself; `make translations` finds the message here.
    """
    sentence = Sentence(message % values if values else message)
    sentence.message = message
    sentence.values = values
    return sentence


def packed(text: str) -> dict[str, Any]:
    """The sentence as JSON, for a column; of a text that is no sentence nothing is kept."""
    if not isinstance(text, Sentence):
        return {}
    values = {
        name: packed(value) if isinstance(value, Sentence) else str(value)
        for name, value in text.values.items()
    }
    return {"message": text.message, "values": values}


def unpacked(kept: Mapping[str, Any], otherwise: str) -> str:
    """The sentence that `packed` kept, else the text itself."""
    if not kept:
        return otherwise
    values = {
        name: value if isinstance(value, str) else unpacked(value, "")
        for name, value in kept["values"].items()
    }
    return said(kept["message"], **values)
