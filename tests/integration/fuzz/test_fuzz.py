"""Whatever is sent to whichever route by whomever: an answer of ours, never an error of ours.

The requests are made of the app's own routes, forms and links by a seed and a number. A failure
prints them: `FUZZ="bss 3 417" make test T=tests/integration/fuzz` sends the requests of that face
and that seed up to that number once more.
"""

import os
import re

import pytest

from tests.integration.authorization.world import OWNERS, build_world
from tests.support.fuzz.attempts import Attempts
from tests.support.fuzz.pages import Offers
from tests.support.fuzz.people import People, happening_chance
from tests.support.fuzz.verdict import Findings, faults_of, listening

FACES = ("storefront", "bss", "auth")
_SEEDS_OF_PROOF, _BLOCK = (1, 2, 3, 4), 5000  # so many requests meet one world
_EVENTFUL = 20  # so many requests, then something happens
_OFTEN = {
    "bss": ("staff_administrator",) * 24,
    "storefront": ("northwind_administrator", "aegean_administrator", "kalamata_administrator") * 8,
    "auth": ("anonymous", "northwind_administrator", "staff_administrator") * 8,
}
_GUIDES = {  # whose pages are read for forms and links
    "bss": ("staff_administrator",),
    "storefront": ("northwind_administrator", "aegean_administrator", "kalamata_administrator"),
    "auth": ("anonymous", "northwind_administrator", "staff_administrator"),
}
_KINDS = {  # of the objects that a word of an address may mean, where it is not their own name
    "account": ("account", "customer"),
    "asset": ("reservation", "software_subscription"),
    "case": ("reconciliation_case",),
    "import": ("customer_import",),
    "job": ("bulk_job",),
    "order": ("order", "quote"),
    "rule": ("tax_rule",),
}
_GOES_DEEP = {200, 303, 409, 422}
# Werkzeug leaves the temporary file of a body that ends too early to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def rules_of(app, face):
    """(endpoint, method, pattern) of the face's routes; what is in no face counts as auth's."""
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.partition(".")[0]
        if face == (blueprint if blueprint in {"storefront", "bss"} else "auth"):
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield rule.endpoint, method, rule.rule


def offers_of(app, face, world, people):
    """What the pages of the face offer, found from every route with an id of each kind it takes."""
    offers, rules = Offers(app), list(rules_of(app, face))
    starts = []
    for _endpoint, method, pattern in rules:
        if method == "GET":
            ids = fitting_ids(world, pattern, ("aegean",)) if "<" in pattern else [""]
            starts += [re.sub("<[^>]*>", each, pattern) for each in ids]
    for guide in _GUIDES[face]:
        offers.gather(people.clients[guide], starts)
    own = {(endpoint, method) for endpoint, method, _ in rules}
    return [each for each in offers.found.values() if (each.endpoint, each.method) in own]


def fitting_ids(world, pattern, owners=OWNERS):
    """Ids of what the pattern's last words name: `/orders/<uuid:order_id>/` takes orders."""
    name = re.search(r"<uuid:(\w+?)(_id)?>", pattern)
    kinds = _KINDS.get(name[1], (name[1],)) if name else ()
    owned = [world.objects[kind] for kind in kinds if kind in world.objects]
    return [str(each[owner]) for each in owned for owner in owners]


def attempts_of(app, face, seed, world, people):
    return Attempts(
        f"{face} {seed}",
        list(rules_of(app, face)),
        offers_of(app, face, world, people),
        ids=[str(each) for owned in world.objects.values() for each in owned.values()],
        ids_of=lambda pattern: fitting_ids(world, pattern),
        people=[*people.actors, *_OFTEN[face]],
    )


def fuzz(app, sign_in, face, seed, requests):
    world = build_world()
    people = People(app, world, sign_in)
    attempts = attempts_of(app, face, seed, world, people)
    findings = Findings()
    with listening(app) as heard:
        for number in range(requests):
            if number % _EVENTFUL == _EVENTFUL - 1:
                people.let_something_happen(happening_chance(f"{face} {seed}", number))
            attempt = attempts.make(number)
            response = app.response_class.from_app(app, attempt.environ(people))
            faults = faults_of(attempt, response)
            findings.note(number, attempt, response.status_code, faults, heard.taken())
            response.close()
    return findings


def check(findings, face, seed):
    """No fault, and not because everything was turned away at the door."""
    total = sum(findings.answers.values())
    deep = sum(n for (_, status), n in findings.answers.items() if status in _GOES_DEEP)

    assert not findings.told, f"{face}, seed {seed}:\n{findings}"
    assert deep > 0.3 * total, f"only {deep} of {total} requests got anywhere"


def short_runs():
    """A thousand for each face; or those that the environment asks for once more."""
    if wish := os.environ.get("FUZZ"):
        face, seed, number = wish.split()
        return [(face, int(seed), int(number) + 1)]
    return [(face, 0, 1000) for face in FACES]


@pytest.mark.timeout(600)  # 15 s each on a quiet machine
@pytest.mark.parametrize(("face", "seed", "requests"), short_runs())
def test_a_thousand_bad_requests_meet_no_error_of_ours(app, sandbox, sign_in, face, seed, requests):
    check(fuzz(app, sign_in, face, seed, requests), face, seed)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", _SEEDS_OF_PROOF)
@pytest.mark.parametrize(
    "face", ["storefront", "bss", pytest.param("auth", marks=pytest.mark.by_hand)]
)
def test_twenty_thousand_bad_requests_meet_no_error_of_ours(app, sandbox, sign_in, face, seed):
    check(fuzz(app, sign_in, face, seed, _BLOCK), face, seed)
