"""A test client that reads every HTML answer strictly, as a careful browser would."""

import contextlib
import functools
import warnings

import html5lib
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

_PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
_ELEMENT = "{{http://www.w3.org/1999/xhtml}}{}".format


def page(response):
    """The answer as a soup."""
    if not _is_page(response.text):
        return BeautifulSoup(response.text, "html5lib")
    soup = BeautifulSoup("", "html.parser", string_containers={})
    _pour(_strict_tree(response.text), soup)
    return soup


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
    if not _is_page(text):
        with _without_html5libs_warnings():
            html5lib.HTMLParser(strict=True).parseFragment(
                text, container="tbody" if _is_row(text) else "div"
            )
        return
    tree = _strict_tree(text)
    assert len(list(tree.iter(_ELEMENT("h1")))) == 1, "a page has exactly one h1"
    title = tree.find(f"{_ELEMENT('head')}/{_ELEMENT('title')}")
    assert title is not None, "a page has a title"
    assert "".join(title.itertext()).strip(), "the title says something"


@functools.lru_cache(maxsize=4)
def _strict_tree(text):
    """The client checks a page, then the test looks at it: parsed once, as that takes longest."""
    with _without_html5libs_warnings():
        return html5lib.HTMLParser(strict=True).parse(text)


@contextlib.contextmanager
def _without_html5libs_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _pour(element, soup):
    namespace, _, name = element.tag[1:].partition("}")
    soup.handle_starttag(name, namespace, None, dict(element.attrib))
    if element.text:
        soup.handle_data(element.text)
    for child in element:
        if isinstance(child.tag, str):  # a comment's is none
            _pour(child, soup)
        if child.tail:
            soup.handle_data(child.tail)
    soup.handle_endtag(name)


def _is_page(text):
    return text.lstrip().lower().startswith("<!doctype")


def _is_row(text):
    return text.lstrip().lower().startswith("<tr")
