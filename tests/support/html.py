"""A test client that reads every HTML answer strictly, as a careful browser would."""

import warnings

import html5lib
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

_PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def page(response):
    """The answer as a soup."""
    return BeautifulSoup(response.text, "html5lib")


def words(element):
    """The element's text, its white space folded."""
    return " ".join(element.get_text(" ", strip=True).split())


class CheckedClient(FlaskClient):
    """Fails a test on malformed HTML, on a page without exactly one h1, or without a title."""

    def open(self, *args, **kwargs):
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.text:
            check_html(response.text)
        return response

    def partial(self, path, **kwargs):
        """As htmx asks for a fragment."""
        return self.get(path, headers=_PARTIAL, **kwargs)

    def post_form(self, path, data=None, *, form_at=None, **kwargs):
        """Fetch the form's page for its CSRF token (and form token), then send it."""
        found = page(self.get(form_at or path))
        hidden = {
            field["name"]: field.get("value", "")
            for field in found.select('main form[method="post"] input[type="hidden"][name]')
        }
        return self.post(path, data={**hidden, **(data or {})}, **kwargs)


def check_html(text):
    is_page = text.lstrip().lower().startswith("<!doctype")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        parser = html5lib.HTMLParser(strict=True)
        if not is_page:
            parser.parseFragment(text, container="tbody" if _is_row(text) else "div")
            return
        parser.parse(text)
    soup = BeautifulSoup(text, "html5lib")
    assert len(soup.find_all("h1")) == 1, "a page has exactly one h1"
    assert soup.title, "a page has a title"
    assert words(soup.title), "the title says something"


def _is_row(text):
    return text.lstrip().lower().startswith("<tr")
