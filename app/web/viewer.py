"""Who is looking: Flask-Login's user as the domain's Viewer, and how they want things shown."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, session
from flask_login import UserMixin, current_user

from app.config import Environment, Settings
from app.domain.access import Viewer
from app.extensions import login_manager
from app.services.marketplace_options import Marketplace
from app.services.sign_in import SignedIn, viewer_of_session

_IDLE_LIMITS = {Environment.PRODUCTION: dt.timedelta(minutes=30)}
_IDLE_LIMIT_ELSEWHERE = dt.timedelta(hours=8)


class SessionUser(UserMixin):  # type: ignore[misc]  # flask_login has no types
    """What Flask-Login knows: the session's token, and whom it belongs to."""

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        self.token = token
        self.signed_in = signed_in

    def get_id(self) -> str:
        return self.token


def init_viewer(app: Flask, settings: Settings) -> None:
    app.config["SESSION_IDLE_LIMIT"] = _IDLE_LIMITS.get(settings.environment, _IDLE_LIMIT_ELSEWHERE)
    login_manager.session_protection = None  # the session is a row of ours, not a cookie's claim
    # init_app would add a remember-me cookie, and ask who looks for error pages too
    app.login_manager = login_manager  # type: ignore[attr-defined]

    @login_manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> SessionUser | None:
        signed_in = viewer_of_session(token, idle_limit=current_app.config["SESSION_IDLE_LIMIT"])
        return SessionUser(token, signed_in) if signed_in else None


def find_signed_in() -> SignedIn | None:
    """Who is signed in, if anybody. The first call of a request asks PostgreSQL."""
    return current_user.signed_in if current_user.is_authenticated else None


def known_signed_in() -> SignedIn | None:
    """As find_signed_in, but only what this request knows already: for error pages."""
    user = getattr(g, "_login_user", None)
    return user.signed_in if isinstance(user, SessionUser) else None


def current_viewer() -> Viewer:
    """The signed-in viewer. Only in views whose policy is not public."""
    return _signed_in().viewer


def marketplace() -> Marketplace:
    """The marketplace options, read together with the session: costs no statement."""
    return _signed_in().marketplace


def shows_vat() -> bool:
    """Whether prices on this page carry VAT: `vat=` in the URL, the viewer's choice, the option.

    The option is the storefront's: staff read net amounts.
    """
    signed_in = _signed_in()
    if signed_in.viewer.is_staff:
        return False
    choice = {"incl": True, "excl": False}.get(request.args.get("vat", ""), signed_in.vat_choice)
    return signed_in.marketplace.shows_vat_to(choice)


def may_switch_vat() -> bool:
    """Whether whoever is signed in may choose between prices without and with VAT."""
    signed_in = known_signed_in()
    if signed_in is None or signed_in.viewer.is_staff:
        return False
    return signed_in.marketplace.viewers_may_switch_vat


def viewer_zone() -> ZoneInfo:
    """The time zone that instants are shown in; UTC where nobody is signed in."""
    signed_in = known_signed_in()
    return ZoneInfo(signed_in.timezone if signed_in else "UTC")


def _signed_in() -> SignedIn:
    signed_in = find_signed_in()
    if signed_in is None:
        raise RuntimeError("Nobody is signed in: this view's policy should not be public.")
    return signed_in


def begin_session(token: str) -> None:
    """Let the browser carry `token` from now on. What it carried before is forgotten."""
    session.clear()
    session["_user_id"] = token  # Flask-Login's place for get_id()


def end_session() -> str | None:
    """Forget the browser's session and return its token."""
    token: str | None = session.get("_user_id")
    session.clear()
    return token
