"""Who may do what with whose things: every route, method, actor and object.

The routes come from the app itself, the expectation from expected.toml, which is written by hand.
A route without an expectation fails, and so does an expectation without a route.
"""

import functools
import io
import re
import sys
import tomllib
from copy import copy
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from pypdf import PdfReader

from app.services import visibility
from tests.integration.authorization.world import (
    BUYING,
    COST,
    OWNERS,
    STAFF_ROLES,
    build_world,
    canary,
)

EXPECTED = tomllib.loads((Path(__file__).with_name("expected.toml")).read_text(encoding="utf-8"))
NOBODYS = ("nonexistent", "malformed", "other_kind")
NOT_SIGNED_IN = ("anonymous", "suspended", "ended")
STAFF = tuple(role.value for role in STAFF_ROLES)
RESELLERS = ("northwind", "fabrikam")
PAYERS = (*RESELLERS, "kalamata")
_ID = re.compile(r"<(?:(?P<converter>[^:<>]+):)?(?P<name>[^<>]+)>")
_FIELD = re.compile(r'<input (?![^>]*type="hidden")[^>]*value="([^"]*)"[^>]*>')


def rules(app):
    """(page, method, whether it has an id) of every view that is not for everybody."""
    found = set()
    for rule in app.url_map.iter_rules():
        page, ids = _ID.sub("<id>", rule.rule), list(_ID.finditer(rule.rule))
        if page in EXPECTED["public"]:
            continue
        assert len(ids) <= 1, f"{rule.rule}: give the matrix a way to fill two ids"
        assert all(match["converter"] for match in ids), f"{rule.rule} has an untyped id"
        found |= {(page, method, bool(ids)) for method in rule.methods & {"GET", "POST"}}
    return sorted(found)


def expected_outcome(url, method, actor, whose):
    """`sign_in`, `forbidden`, `missing` or `open`, from the hand-written table alone."""
    page, is_bss = EXPECTED["pages"][url], url.startswith("/bss/")
    if whose == "malformed":
        return "missing"  # such an address does not exist, for nobody
    if actor in NOT_SIGNED_IN:
        return "sign_in"
    if is_bss != (actor in STAFF) and not page.get("both_faces"):
        return "missing" if is_bss else "forbidden"
    account, role = actor.split("_", 1)
    is_kept_out = page.get("resellers_only") and account not in RESELLERS
    if role not in page[method] or is_kept_out:
        return "forbidden"
    if whose is None:
        return "open"
    is_everybodys = is_bss or page.get("object") == "product"
    sees = OWNERS if is_everybodys else EXPECTED["sees"][account]
    if page.get("payers_only") and account not in PAYERS:
        sees = []
    return "open" if whose in sees else "missing"


def outcome_of(response):
    if response.status_code == 303 and "/login" in response.headers.get("Location", ""):
        return "sign_in"
    if response.status_code == 403:
        return "forbidden"
    if response.status_code == 404:
        return "missing"
    return "open" if response.status_code < 500 else f"broken {response.status_code}"


def foreign_canaries(actor, text):
    """Names of others that an answer gives away, and money that this audience never sees."""
    if actor in STAFF:
        return []
    seen = EXPECTED["sees"].get(actor.split("_", 1)[0], [])
    leaks = [owner for owner in OWNERS if owner not in seen and canary(owner) in text]
    money = [COST]
    if actor.startswith(("aegean", "helios", "thistle")):
        money.append(BUYING)
    digits = text.replace(",", "")
    return leaks + [str(amount) for amount in money if f"{amount:f}"[:7] in digits]


def text_of(response):
    """What a person reads in the answer, also in a PDF."""
    if response.mimetype == "application/pdf":
        return _text_of_pdf(response.get_data())
    return response.get_data().decode(errors="replace")


@functools.cache  # an invoice's PDF is made once, and given to many
def _text_of_pdf(data):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def told(response):
    """The words of the answer and of its fields, without tokens and how long ago something was."""
    if response.mimetype not in {"text/html", "text/csv"}:
        return response.mimetype
    text = _FIELD.sub(r" \1 ", response.text)
    words = re.sub(r"<[^>]*>|\b[0-9a-f]{32}\b|\b\d{1,2}:\d\d\b", " ", text)
    return " ".join(re.sub(r"just now|\d+ (second|minute)s? ago", "", words).split())


def plain_client(app):
    """Thousands of answers: their HTML is read strictly elsewhere."""
    return FlaskClient(app, app.response_class, use_cookies=True)


class Actors:
    """One signed-in client for each actor, and those who are not signed in."""

    def __init__(self, app, world, sign_in):
        self.clients = {"anonymous": plain_client(app)}
        for actor, user in world.users.items():
            self.clients[actor] = sign_in(user, into=plain_client(app))
        ended = sign_in(world.users["aegean_administrator"], into=plain_client(app))
        self.clients["ended"] = ended
        self.tokens = {actor: own_token(app, client) for actor, client in self.clients.items()}

    def only(self, *names):
        """The same, but these alone."""
        fewer = copy(self)
        fewer.clients = {name: self.clients[name] for name in names}
        return fewer


def own_token(app, client):
    """A token that this client's forms would carry: forgery has a test of its own."""
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = "the matrix"
    return URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps("the matrix")


def end_session(client, owner_engine):
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with owner_engine.begin() as connection:
        connection.execute(sa.text("SELECT set_config('entrepot.scope', 'all', true)"))
        connection.execute(
            sa.text(
                "UPDATE user_sessions SET ends_at = now() - interval '1 second'"
                " WHERE token_hash = encode(sha256(convert_to(:token, 'UTF8')), 'hex')"
            ),
            {"token": token},
        )


def without_query_filter(monkeypatch):
    """Wall (a) away: every service asks for everybody's rows."""
    for module in list(sys.modules.values()):
        if getattr(module, "visible_to", None) is visibility.visible_to:
            monkeypatch.setattr(module, "visible_to", lambda _viewer, _model: sa.true())


def switch_row_level_security(owner_engine, word):
    with owner_engine.begin() as connection:
        tables = connection.scalars(
            sa.text("SELECT tablename FROM pg_policies WHERE schemaname = 'public' GROUP BY 1")
        ).all()
        for table in tables:
            connection.execute(sa.text(f"ALTER TABLE {table} {word} ROW LEVEL SECURITY"))


# `make test` tries an end customer's objects, a single wall three kinds, both walls all kinds.
ONE = ("aegean",)
A_FEW = (*ONE, "kalamata", "nonexistent")
EACH = (*OWNERS, *NOBODYS)


@pytest.fixture(params=["both walls", "queries alone", "row-level security alone"])
def walls(request, monkeypatch, owner_engine):
    if request.param == "row-level security alone":
        without_query_filter(monkeypatch)
    if request.param == "queries alone":
        switch_row_level_security(owner_engine, "DISABLE")
    yield request.param
    switch_row_level_security(owner_engine, "ENABLE")


def run_matrix(app, world, actors, objects=EACH, *, pages=None):
    """Every cell of these objects; the wrong ones as sentences, and how many there were.

    With `pages`, a set of (page, method), only those.
    """
    wrong, cells = [], 0
    for page, method, has_id in rules(app):
        if pages is not None and (page, method) not in pages:
            continue
        kind = EXPECTED["pages"][page].get("object")
        for whose in objects if has_id else (None,):
            url = page.replace("<id>", world.id_of(kind, whose)) if has_id else page
            for actor, client in actors.clients.items():
                cells += 1
                form = {"csrf_token": actors.tokens[actor]} if method == "POST" else None
                response = client.open(url, method=method, data=form)
                expected = expected_outcome(page, method, actor, whose)
                found = outcome_of(response)
                cell = f"{method} {page} as {actor} for {whose}"
                if found != expected:
                    wrong.append(f"{cell}: {found}, expected {expected}")
                if leaks := foreign_canaries(actor, text_of(response)):
                    wrong.append(f"{cell}: gives away {leaks}")
    return wrong, cells


def read_pages(app, world, actors, objects, *, pages=None):
    """What each page of the storefront tells each of these actors, lists searched too.

    The sort is one that asks for something of the viewer's own; where it is unknown it is ignored.
    """
    found = {}
    for page, method, has_id in rules(app):
        if method != "GET" or "/bss/" in page or not (pages is None or (page, method) in pages):
            continue
        kind = EXPECTED["pages"][page].get("object")
        urls = [page.replace("<id>", world.id_of(kind, whose)) for whose in objects if has_id]
        for url in urls or (page, f"{page}?q=cnry&status=all&sort=markup"):
            for actor, client in actors.clients.items():
                with client.get(url) as response:
                    found[f"{url} as {actor}"] = told(response)
    return found


def test_every_route_has_an_expectation_and_every_expectation_a_route(the_app):
    expected = {
        (page, method)
        for page, says in EXPECTED["pages"].items()
        for method in set(says) & {"GET", "POST"}
    }

    assert {(page, method) for page, method, _has_id in rules(the_app)} == expected


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_everybody_can_do_what_the_table_says_with_any_wall_alone(
    app, sign_in, owner_engine, walls, record_property
):
    world = build_world()
    actors = Actors(app, world, sign_in)
    end_session(actors.clients["ended"], owner_engine)

    wrong, cells = run_matrix(app, world, actors, EACH if walls == "both walls" else A_FEW)

    record_property("cells", cells)
    assert wrong == [], f"{len(wrong)} of {cells} cells with {walls}:\n" + "\n".join(wrong[:40])


@pytest.mark.timeout(600)  # thousands of requests, and the proof has many times as many
def test_everybody_can_do_what_the_table_says(app, sign_in, owner_engine):
    world = build_world()
    actors = Actors(app, world, sign_in)
    end_session(actors.clients["ended"], owner_engine)

    wrong, cells = run_matrix(app, world, actors, ONE)

    assert wrong == [], f"{len(wrong)} of {cells} cells:\n" + "\n".join(wrong[:40])


def test_no_post_is_taken_without_its_token(app, sign_in):
    world = build_world()
    for page, method, has_id in rules(app):
        if method != "POST":
            continue
        who = "staff_administrator" if page.startswith("/bss/") else "northwind_administrator"
        client = sign_in(world.users[who], into=plain_client(app))
        kind = EXPECTED["pages"][page].get("object")
        url = page.replace("<id>", world.id_of(kind, "aegean")) if has_id else page

        response = client.post(url)

        assert response.status_code == 400, f"{page} took a forged POST"


def test_a_page_tells_the_same_with_the_queries_alone(app, sign_in, owner_engine):
    """A sum or a count that only row-level security keeps to one's own gives itself away."""
    world = build_world()
    actors = Actors(app, world, sign_in).only(
        *(f"{name}_administrator" for name in ("northwind", "aegean", "kalamata"))
    )
    with_both = read_pages(app, world, actors, ("aegean", "kalamata"))
    switch_row_level_security(owner_engine, "DISABLE")
    try:
        with_queries = read_pages(app, world, actors, ("aegean", "kalamata"))
    finally:
        switch_row_level_security(owner_engine, "ENABLE")

    assert with_queries == with_both
