"""Which pages there are for a person: found by following links from home, one of each kind."""

import re
from collections import Counter, deque
from urllib.parse import parse_qs, urljoin, urlsplit

from bs4 import BeautifulSoup

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SKIPPED = ("/static/", "/__", "/healthz", "/readyz", "/logout")
# Parameters that make another page of the same path.
_TELLING = ("sku",)


def kind_of(url):
    """The page's route: `/orders/<id>/`, and `?sku` where that is another step."""
    parts = urlsplit(url)
    telling = [name for name in _TELLING if name in parse_qs(parts.query)]
    return _ID.sub("<id>", parts.path) + ("?" + "&".join(telling) if telling else "")


def crawl(request, base_url, start="/", *, each=1):
    """Addresses of pages by their kind, at most `each` of a kind.

    `request` is Playwright's request context of somebody who signed in.
    """
    found, seen, waiting = {}, Counter(), deque([urljoin(base_url, start)])
    known = set(waiting)
    while waiting:
        url = waiting.popleft()
        if seen[kind_of(url)] >= each:
            continue
        answer = request.get(url)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen[kind_of(url)] += 1
        found.setdefault(kind_of(url), []).append(answer.url)
        for link in _links(answer.text(), url, base_url):
            if link not in known:
                known.add(link)
                waiting.append(link)
    return found


def _links(html, url, base_url):
    for anchor in BeautifulSoup(html, "html.parser").find_all("a", href=True):
        link = urljoin(url, anchor["href"]).partition("#")[0]
        path = urlsplit(link).path
        is_ours = link.startswith(base_url) and not path.startswith(_SKIPPED)
        if is_ours and "format=" not in link:
            yield link
