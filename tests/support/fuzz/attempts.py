"""One request out of a seed and a number: a form or a link of a page, or a bare route, spoilt."""

import random
import re
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote_from_bytes

from werkzeug.test import EnvironBuilder

from tests.support.fuzz import strange

_ID = re.compile(rb"<[^>]+>")
_UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FORM = "application/x-www-form-urlencoded"
_BOUNDARY = b"x"
_TOKEN = "csrf_token"  # a field's name


@dataclass(frozen=True)
class Attempt:
    endpoint: str
    who: str
    method: str
    path: bytes
    query: bytes
    headers: tuple
    body: bytes
    content_type: str
    token: str  # whose CSRF token: "own", "none", "damaged", or another actor's

    def __str__(self):
        body = f" {self.content_type!r} {self.body[:600]!r}" if self.body else ""
        return (
            f"{self.endpoint}: {self.method} {self.path[:300]!r} ?{self.query[:300]!r}"
            f" as {self.who} headers={dict(self.headers)!r:.300} token={self.token}{body}"
        )

    def environ(self, people):
        """As a WSGI server would hand it over, also what no client of ours would send."""
        body = self._with_token(people.tokens)
        environ = EnvironBuilder(method="GET", input_stream=BytesIO(body)).get_environ() | {
            "REMOTE_ADDR": f"192.0.2.{len(self.path) % 250}",
            "REQUEST_METHOD": self.method,
            "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.content_type,
            "HTTP_COOKIE": people.cookies[self.who],
        }
        for name, value in self.headers:
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _with_token(self, tokens):
        token = {"none": None, "damaged": "damaged"}.get(self.token, tokens.get(self.who))
        if self.token not in {"own", "none", "damaged"}:
            token = tokens.get(self.token)
        if token is None or self.content_type != _FORM:
            return self.body.replace(b"THE-TOKEN", (token or "").encode())
        return self.body + f"&{_TOKEN}={token}".encode()


class Attempts:
    """The requests of one face. `ids` are everybody's; `ids_of(pattern)` those that fit there."""

    def __init__(self, seed, rules, offers, *, ids, ids_of, people):
        self._seed, self._rules, self._people = seed, rules, people
        self._ids, self._ids_of = ids, ids_of
        self._offers = {}
        for offer in offers:
            self._offers.setdefault((offer.endpoint, offer.method), []).append(offer)
        self._names = sorted({field.name for offer in offers for field in offer.fields})

    def make(self, number):
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311  # no secret
        endpoint, method, pattern = chance.choice(self._rules)
        offers = self._offers.get((endpoint, method))
        if offers and chance.random() < 0.85:
            offer = chance.choice(offers)
            path, pairs = offer.path, [self._typed(field, chance) for field in offer.fields]
        else:
            path, pairs = self._filled(pattern, chance), self._invented(chance)
        pairs = self._spoilt([pair for pair in pairs if pair[0] != _TOKEN], chance)
        if chance.random() < 0.08:
            method = chance.choice(strange.METHODS)
        is_read = (method in {"GET", "HEAD", "OPTIONS"}) == (chance.random() < 0.97)
        content_type, body = ("", b"") if is_read else self._body(pairs, chance)
        return Attempt(
            endpoint=endpoint,
            who=chance.choice(self._people),
            method=method,
            path=self._path(path, chance),
            query=_urlencoded(pairs if is_read else self._invented(chance)[:1]),
            headers=tuple(self._headers(chance)),
            body=body,
            content_type=content_type,
            token=self._token(chance),
        )

    # ----------------------------------------------------------------------------- the address

    def _path(self, path, chance):
        path = _bytes(path)
        if chance.random() < 0.12:
            path = _UUID.sub(lambda _: _bytes(self._any_id(chance)), path)
        if chance.random() < 0.02:
            tail = (b"/", b"//", b"/..", b";x", b"\x00", b"\xff", b" ", b"/" + b"a" * 8000)
            path += chance.choice(tail)
        return path

    def _filled(self, pattern, chance):
        fitting = self._ids_of(pattern)

        def one(_found):
            is_fitting = fitting and chance.random() < 0.8
            return _bytes(chance.choice(fitting) if is_fitting else self._any_id(chance))

        return _ID.sub(one, pattern.encode())

    def _any_id(self, chance):
        """Of anything and anybody, of nobody, or none at all."""
        kind = chance.random()
        if kind < 0.6:
            return chance.choice(self._ids)
        return strange.nobodys_id(chance) if kind < 0.7 else chance.choice(strange.IDS)

    # ------------------------------------------------------------------------------ the fields

    def _typed(self, field, chance):
        if field.options and chance.random() < 0.5:
            return field.name, chance.choice(field.options)
        if not field.value and chance.random() < 0.5:
            return field.name, chance.choice(strange.ORDINARY)
        return field.name, field.value

    def _invented(self, chance):
        names = chance.choices(self._names, k=chance.choice((0, 0, 1, 2, 4)))
        return [(name, self._any_value(chance)) for name in names]

    def _any_value(self, chance):
        return self._any_id(chance) if chance.random() < 0.1 else strange.strange_value(chance)

    def _spoilt(self, pairs, chance):
        for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 4))):
            where = chance.randrange(len(pairs)) if pairs else 0
            how = chance.random()
            if not pairs or how < 0.1:
                name = chance.choice((*self._names, *strange.TEXTS[:30]))
                pairs.insert(where, (name, self._any_value(chance)))
            elif how < 0.25:
                pairs.pop(where)
            elif how < 0.4:
                pairs.insert(where, (pairs[where][0], self._any_value(chance)))
            else:
                pairs[where] = (pairs[where][0], self._any_value(chance))
        return pairs

    # -------------------------------------------------------------------------- how it is sent

    def _body(self, pairs, chance):
        how = chance.random()
        if how < 0.85:
            return _FORM, _urlencoded(pairs)
        if how < 0.92:
            return f"multipart/form-data; boundary={_BOUNDARY.decode()}", _multipart(pairs, chance)
        kind = chance.choice(strange.CONTENT_TYPES)
        return kind, chance.choice((_urlencoded(pairs), chance.choice(strange.BODIES)))

    def _headers(self, chance):
        if chance.random() < 0.25:
            yield from (("HX-Request", "true"), ("HX-Request-Type", "partial"))
        for _ in range(chance.choice((0, 0, 0, 0, 1, 1, 3))):
            name = chance.choice(sorted(strange.HEADERS))
            yield name, chance.choice(strange.HEADERS[name])

    def _token(self, chance):
        how = chance.random()
        if how < 0.92:
            return "own"
        return chance.choice(("none", "damaged", chance.choice(self._people)))


def _bytes(value):
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _urlencoded(pairs):
    parts = (
        f"{quote_from_bytes(_bytes(name))}={quote_from_bytes(_bytes(value))}"
        for name, value in pairs
    )
    return "&".join(parts).encode()


def _multipart(pairs, chance):
    parts = []
    for name, value in [*pairs, (_TOKEN, "THE-TOKEN")]:
        file = b'; filename="fuzz.txt"' if chance.random() < 0.1 else b""
        quoted = quote_from_bytes(_bytes(name)).encode()
        parts.append(
            b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
            % (_BOUNDARY, quoted, file, _bytes(value))
        )
    end = b"" if chance.random() < 0.2 else b"--" + _BOUNDARY + b"--\r\n"
    return b"".join(parts) + end
