"""Language and time zone of a page. English for now; the zone is the viewer's."""

from flask import Flask

from app.extensions import babel
from app.web.viewer import viewer_zone


def init_locale(app: Flask) -> None:
    babel.init_app(
        app,
        default_locale="en",
        locale_selector=lambda: "en",
        timezone_selector=lambda: viewer_zone().key,
    )
