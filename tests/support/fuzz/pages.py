"""What the pages themselves offer: each form with its fields, each link with its query string."""

from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from bs4 import BeautifulSoup, SoupStrainer
from werkzeug.exceptions import HTTPException

_MOST_OF_A_ROUTE = 4
_INTERESTING = SoupStrainer(["form", "input", "textarea", "select", "option", "button", "a"])


@dataclass(frozen=True)
class Field:
    name: str
    value: str
    options: tuple = ()  # other values that the page offers


@dataclass(frozen=True)
class Offer:
    """A form, or a link with a query string."""

    endpoint: str
    method: str
    path: str
    fields: tuple


class Offers:
    """Follows the links of one person's pages, a few pages of each route."""

    def __init__(self, app):
        self._adapter = app.url_map.bind("localhost")
        self._known = set()  # addresses
        self._read = Counter()  # pages by their route, and by route and names in the query
        self.found = {}  # kind → offer; the first found of each

    def gather(self, client, starts):
        self._known.clear()
        self._read.clear()
        waiting = deque(starts)
        while waiting:
            url = waiting.popleft()
            kind = self._kind_of(url)
            if url in self._known or kind is None or not self._is_wanted(kind):
                continue
            self._known.add(url)
            response = client.get(url)
            html = response.text if response.mimetype == "text/html" else ""
            is_page = response.status_code == 200
            response.close()
            if is_page:
                self._read.update([kind[0], kind])
                self._add("GET", url.partition("?")[0], ())
                waiting += self._read_page(html, url)

    def _is_wanted(self, kind):
        return self._read[kind[0]] < _MOST_OF_A_ROUTE and not (len(kind) > 1 and self._read[kind])

    def _read_page(self, html, url):
        soup = BeautifulSoup(html, "html.parser", parse_only=_INTERESTING)
        for form in soup.find_all("form"):
            self._add_form(form, url)
        links = [urljoin(url, link["href"]) for link in soup.find_all("a", href=True)]
        for link in links:
            self._add_link(link)
        return links

    def _kind_of(self, url):
        parts = urlsplit(url)
        endpoint = self._endpoint_of(parts.path, "GET")
        names = sorted({name for name, _ in parse_qsl(parts.query)})
        return None if endpoint is None or parts.netloc else (endpoint, *names)

    def _endpoint_of(self, path, method):
        try:
            return self._adapter.match(path, method=method)[0]
        except HTTPException:
            return None

    def _add_form(self, form, url):
        path = urlsplit(urljoin(url, form.get("action") or url)).path
        method = form.get("method", "get").upper()
        self._add(method, path, tuple(_fields_of(form)))

    def _add_link(self, address):
        parts = urlsplit(address)
        if not parts.netloc:
            fields = (Field(name, value) for name, value in parse_qsl(parts.query))
            self._add("GET", parts.path, tuple(fields))

    def _add(self, method, path, fields):
        endpoint = self._endpoint_of(path, method)
        if endpoint is not None:
            names = tuple(sorted({field.name for field in fields}))
            offer = Offer(endpoint, method, path, fields)
            self.found.setdefault((endpoint, method, names), offer)


def _fields_of(form):
    for each in form.select("input[name], textarea[name], select[name], button[name]"):
        options = tuple(option.get("value", "") for option in each.select("option"))
        if each.name == "select":
            chosen = each.select_one("option[selected]")
            value = chosen.get("value", "") if chosen else (options or ("",))[0]
        elif each.name == "textarea":
            value = each.get_text()
        else:
            value = each.get("value", "")
        yield Field(each["name"], value, options)
