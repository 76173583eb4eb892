"""Where to go after signing in: a page of ours, and nothing else."""

from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException

_PRINTABLE = range(0x21, 0x7F)
_FORBIDDEN = ("\\", "//", "@")


def split_address(text: str) -> SplitResult | None:
    """Its parts; None for what somebody sent as an address and is none."""
    try:
        return urlsplit(text)
    except ValueError:
        return None


def safe_next(value: str | None) -> str | None:
    """`value` if it is the path of a page that GET can open here; None for anything else."""
    if not value or not value.startswith("/") or any(ord(char) not in _PRINTABLE for char in value):
        return None
    parts = split_address(value)
    if parts is None:
        return None
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or parts.fragment or "%" in path:
        return None
    if any(mark in path for mark in _FORBIDDEN) or not path.isprintable():
        return None
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:  # no such page, or one that would redirect
        return None
    return None if endpoint in {"auth.sign_in", "static"} else value


def page_to_return_to() -> str | None:
    """The page the visitor is on, so that signing in leads back to it."""
    if current_url := request.headers.get("HX-Current-URL"):
        parts = split_address(current_url)
        if parts is None:
            return None
        return safe_next(parts.path + (f"?{parts.query}" if parts.query else ""))
    if request.method != "GET":
        return None
    return safe_next(request.full_path.removesuffix("?"))
