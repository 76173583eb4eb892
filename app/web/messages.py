"""Small messages of success (`flask.flash`): toasts on the next page, or beside htmx's answer."""

from flask import Flask, Response, get_flashed_messages

from app.web.htmx import is_htmx, trigger


def init_messages(app: Flask) -> None:
    app.jinja_env.globals["messages_of_page"] = messages_of_page
    app.after_request(_send_to_htmx)


def messages_of_page() -> list[str]:
    """What the page itself shows. htmx takes parts of a page only: it gets them by an event."""
    return [] if is_htmx() else _take()


def _send_to_htmx(response: Response) -> Response:
    if is_htmx() and response.status_code == 200:  # noqa: PLR2004  # not yet on a redirect
        messages = _take()
        if messages:
            trigger(response, "toast", target="#toasts", messages=messages)
    return response


def _take() -> list[str]:
    return [str(message) for message in get_flashed_messages()]
