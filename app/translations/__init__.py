"""The words of documents and mails in a chosen language, without Flask.

Pages speak through flask_babel and the domain `messages`; what is written for somebody else than
whoever asks, or by a worker, takes its words from here and the domain `documents`.
"""

from functools import cache
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations, Translations

from app.domain.languages import Language

FOLDER = Path(__file__).parent
DOMAIN = "documents"


class Words:
    """One language's words. What is not translated stands in English."""

    def __init__(self, language: Language, catalogue: NullTranslations) -> None:
        self.language = language
        self.locale = Locale(language.value)
        self._catalogue = catalogue

    def gettext(self, message: str, **values: object) -> str:
        """The translation, with `%(name)s` filled in where values are given."""
        text = str(self._catalogue.gettext(message))
        return text % values if values else text

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """The form for that number, `%(num)s` filled in with it."""
        text = str(self._catalogue.ngettext(one, many, number))
        return text % {"num": number, **values}


@cache
def words_in(language: Language) -> Words:
    """The words of a language; read from the disk once."""
    return Words(language, Translations.load(FOLDER, [language.value], domain=DOMAIN))
