"""Language and time zone of a page, and how what services say is put into that language."""

from collections.abc import Iterable
from typing import Any

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import get_locale, get_translations, gettext
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.domain.languages import Language
from app.domain.sentences import Sentence
from app.extensions import babel
from app.web.viewer import known_signed_in, viewer_zone

LANGUAGE_COOKIE = "language"
LANGUAGES = tuple(language.value for language in Language)
_ENGLISH = Locale("en")


def init_locale(app: Flask) -> None:
    babel.init_app(
        app,
        default_locale=Language.EN.value,
        locale_selector=_language,
        timezone_selector=lambda: viewer_zone().key,
    )
    app.jinja_env.finalize = _finalized
    app.jinja_env.filters["said"] = translated
    app.jinja_env.globals.update(
        languages=tuple(Language), page_language=lambda: page_locale().language
    )
    app.jinja_env.globals.update(_=_in_template, gettext=_in_template)


def page_locale() -> Locale:
    """The page's; English where nobody asks for a page."""
    return (get_locale() if has_request_context() else None) or _ENGLISH


def translated(text: str) -> str:
    """What a service, an enum or a form says, in the page's language; unknown words stay."""
    if isinstance(text, Markup) or not text:
        return text
    if not isinstance(text, Sentence):
        return str(get_translations().ugettext(text))
    values = {name: _translated_value(value) for name, value in text.values.items()}
    return gettext(text.message, **values) if values else translated(str(text))


def joined(parts: Iterable[str]) -> str:
    """Sentences after one another, each translated."""
    return " ".join(translated(part) for part in parts)


@pass_eval_context
def _in_template(context: EvalContext, message: str, /, **values: object) -> str:
    """`_("…")` of a template. Flask-Babel's own looks the catalogue up for each of the hundred
    texts of a page; its language is the same from the first text to the last.
    """
    if "catalogue" not in g:
        g.catalogue = get_translations()
    words: str = g.catalogue.ugettext(message)
    return (Markup(words) if context.autoescape else words) % values  # noqa: S704  # our own words


def _translated_value(value: object) -> object:
    return translated(value) if isinstance(value, Sentence) else value


def _finalized(value: Any) -> Any:
    return translated(value) if isinstance(value, Sentence) else value


def _language() -> str:
    """The profile's, else what a visitor chose, else the browser's, else the marketplace's."""
    signed_in = known_signed_in()
    if signed_in and signed_in.language:
        return signed_in.language.value
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wished = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    usual = signed_in.marketplace.language if signed_in else Language.EN
    return next((each for each in wished if each in LANGUAGES), usual.value)
