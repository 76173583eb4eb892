"""Catalogues: compiled as they stand, complete, and with the values of their originals."""

import ast
import functools
import io
import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.domain.languages import Language
from app.translations import DOMAIN, FOLDER, words_in
from app.translations.sources import marked_texts

CATALOGUES = sorted(FOLDER.rglob("*.po"))
TRANSLATED = [language for language in Language if language is not Language.EN]
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def catalogue_of(path):
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain=path.stem)


def catalogue_in(language, domain):
    return catalogue_of(FOLDER / language.value / "LC_MESSAGES" / f"{domain}.po")


def texts_of(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


@functools.cache
def in_the_sources(domain):
    with (FOLDER / f"{domain}.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(FOLDER.parent, methods, options)
    return {message for _, _, message, *_ in found}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_what_is_compiled_is_what_is_written(path):
    """Red? `make translations`."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue_of(path))

    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("domain", [DOMAIN, "messages"])
@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_exactly_the_texts_of_its_sources(language, domain):
    """Red? `make translations`, then translate what is new in app/translations."""
    known = {message.id for message in catalogue_in(language, domain) if message.id}

    assert known == in_the_sources(domain)


@pytest.mark.parametrize("domain", [DOMAIN, "messages"])
@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_is_translated_and_fills_in_the_same_values(language, domain):
    for message in catalogue_in(language, domain):
        if not message.id:
            continue
        wanted = message.id if isinstance(message.id, str) else message.id[-1]
        assert not message.fuzzy, f"{wanted!r} is fuzzy in {language.label}"
        for text in texts_of(message):
            assert text, f"{wanted!r} is not translated into {language.label}"
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(wanted))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_breaks_no_markup(language):
    """Templates print translations as they are: what would end an attribute never stands in one."""
    for message in catalogue_in(language, "messages"):
        for text in texts_of(message) if message.id else ():
            assert not re.search(r'["<>]|&(?!\w+;)', text), text


def test_texts_with_values_are_no_f_strings():
    """An f-string is put together before anybody could look up its translation."""
    glued = []
    for path in sorted(FOLDER.parent.rglob("*.py")):
        if {"cli", "documents"} & set(path.parts) or "demo_data" in path.name:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            texts = [each for text in marked_texts(call) for each in _texts_in(text)]
            glued += [f"{path.name}:{each.lineno}" for each in texts]

    assert glued == []


def _texts_in(text):
    branches = [text.body, text.orelse] if isinstance(text, ast.IfExp) else [text]
    return [each for each in branches if isinstance(each, ast.JoinedStr)]


def test_every_language_but_english_has_both_catalogues():
    found = {(path.parts[-3], path.stem) for path in CATALOGUES}

    assert found == {(each.value, stem) for each in TRANSLATED for stem in (DOMAIN, "messages")}


def test_words_come_in_the_language_that_is_asked_for():
    assert [words_in(language).gettext("Invoice") for language in Language] == [
        "Invoice",
        "Τιμολόγιο",
        "Rechnung",
    ]
