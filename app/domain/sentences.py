"""Texts for people that are said in the reader's language once it is known."""


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
