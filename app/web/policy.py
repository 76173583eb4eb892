"""Who may open a view: every view says so with @policy, and a gate refuses those that do not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.web.htmx import is_htmx, redirect_by_htmx
from app.web.next_page import page_to_return_to
from app.web.viewer import find_signed_in

log = structlog.get_logger()
View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Policy:
    read: Permission | None = None  # needed for GET
    write: Permission | None = None  # needed for POST
    is_public: bool = False

    def needed_for(self, method: str) -> Permission | None:
        return self.read if method in SAFE_METHODS else self.write


def policy(
    *, read: Permission | None = None, write: Permission | None = None, public: bool = False
) -> Callable[[View], View]:
    """Mark what a view needs: `read` for its GET, `write` for its POST, both for a form's page."""
    if public == (read is not None or write is not None):
        raise ValueError("A view is either public or names what it needs.")

    def mark(view: View) -> View:
        setattr(view, "policy", Policy(read, write, public))  # noqa: B010  # a function has none
        return view

    return mark


def policy_of(view: Callable[..., Any]) -> Policy | None:
    return getattr(view, "policy", None)


def init_policy(app: Flask) -> None:
    app.before_request(_gate)


def _gate() -> ResponseReturnValue | None:
    if request.endpoint is None:  # 404 and 405: their pages show who is signed in
        find_signed_in()
        return None
    rule = policy_of(current_app.view_functions[request.endpoint])
    if rule is None:
        log.error("policy.missing", endpoint=request.endpoint)
        abort(500)
    if rule.is_public:
        return None
    signed_in = find_signed_in()
    if signed_in is None:
        return _ask_to_sign_in()
    if request.blueprint == "bss" and not signed_in.viewer.is_staff:
        abort(404)  # the back office does not exist for others
    needed = rule.needed_for(request.method)
    if needed is None or not signed_in.viewer.may(needed):
        abort(403)
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    url = url_for("auth.sign_in", next=page_to_return_to())
    return redirect_by_htmx(url, status=401) if is_htmx() else redirect(url, code=303)
