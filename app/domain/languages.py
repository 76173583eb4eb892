"""The languages of documents and mails."""

from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1. The value is what an account keeps."""

    EN = "en"
    EL = "el"
    DE = "de"

    @property
    def label(self) -> str:
        """Its own name, as its speakers look for it."""
        return {"en": "English", "el": "Ελληνικά", "de": "Deutsch"}[self.value]
