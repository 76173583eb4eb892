"""Catalogues: compiled as they stand, and those of documents complete."""

import io
import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.domain.languages import Language
from app.translations import DOMAIN, FOLDER, words_in

CATALOGUES = sorted(FOLDER.rglob("*.po"))
TRANSLATED = [language for language in Language if language is not Language.EN]
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def catalogue_of(path):
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain=path.stem)


def documents_in(language):
    return catalogue_of(FOLDER / language.value / "LC_MESSAGES" / f"{DOMAIN}.po")


def texts_of(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


def in_the_sources():
    with (FOLDER / "documents.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(FOLDER.parent, methods, options)
    return {message for _, _, message, *_ in found}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_what_is_compiled_is_what_is_written(path):
    """Red? `make translations`."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue_of(path))

    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("language", TRANSLATED)
def test_documents_have_exactly_the_texts_of_their_sources(language):
    """Red? `make translations`, then translate what is new in app/translations."""
    assert {message.id for message in documents_in(language) if message.id} == in_the_sources()


@pytest.mark.parametrize("language", TRANSLATED)
def test_documents_are_translated_completely_and_fill_in_the_same_values(language):
    for message in documents_in(language):
        if not message.id:
            continue
        wanted = message.id if isinstance(message.id, str) else message.id[-1]
        for text in texts_of(message):
            assert text, f"{wanted!r} is not translated into {language.label}"
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(wanted))


def test_every_language_but_english_has_both_catalogues():
    found = {(path.parts[-3], path.stem) for path in CATALOGUES}

    assert found == {(each.value, stem) for each in TRANSLATED for stem in (DOMAIN, "messages")}


def test_words_come_in_the_language_that_is_asked_for():
    assert [words_in(language).gettext("Invoice") for language in Language] == [
        "Invoice",
        "Τιμολόγιο",
        "Rechnung",
    ]
