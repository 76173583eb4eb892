"""Countries by their names."""

from babel import Locale
from flask import Flask
from flask_babel import get_locale


def init_countries(app: Flask) -> None:
    app.add_template_filter(country_name, "country")


def country_name(code: str) -> str:
    """`Greece` of `GR`; the code itself where nobody knows a name."""
    return str(_locale().territories.get(code, code))


def country_choices() -> list[tuple[str, str]]:
    """(code, name) of every country, by name."""
    countries = {
        code: name
        for code, name in _locale().territories.items()
        if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ"}  # noqa: PLR2004  # alpha-2
    }
    return sorted(countries.items(), key=lambda item: item[1])


def _locale() -> Locale:
    return get_locale() or Locale("en")
