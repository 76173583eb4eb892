"""A stranger in the back office: a reseller's user with a staff role, whom the gate lets in.

It cannot happen: a role of staff belongs to the distributor, and the gate asks for it. Here both
failed. What is left are the owner checks of the services behind it, which staff never feel.
"""

import contextlib

from app.domain.access import Role
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import WaitsFor
from app.web.policy import init_policy
from app.web.viewer import find_signed_in
from tests.factories import (
    OrderFactory,
    PurchaseFactory,
    ReservationFactory,
    UserFactory,
    viewer_of,
)
from tests.integration.authorization.test_matrix import (
    EXPECTED,
    outcome_of,
    own_token,
    plain_client,
    rules,
    text_of,
    told,
)
from tests.integration.authorization.world import OWNERS, canary

FOREIGN, OWN = "kalamata", "northwind"
OTHERS = [canary(owner) for owner in OWNERS if owner not in EXPECTED["sees"][OWN]]
# What belongs to one account; the rest is the distributor's own, which no account's user reaches.
OWNED = frozenset(
    {
        "account",
        "asset",
        "bulk_job",
        "contact",
        "invoice",
        "mail",
        "order",
        "quote",
        "reservation",
        "software_subscription",
        "subscription",
        "user",
    }
)


@contextlib.contextmanager
def without_gate(app):
    """Whoever is signed in comes in anywhere."""
    kept = app.before_request_funcs[None]
    app.before_request_funcs[None] = [
        _open_gate if function.__module__ == init_policy.__module__ else function
        for function in kept
    ]
    try:
        yield
    finally:
        app.before_request_funcs[None] = kept


def _open_gate():
    find_signed_in()


class Stranger:
    """Signed in, with a token for forms."""

    def __init__(self, app, world, sign_in):
        OrderFactory(account=world.accounts[FOREIGN], status=OrderStatus.PENDING_APPROVAL)
        user = UserFactory(account=world.accounts[OWN], role=Role.STAFF_ADMINISTRATOR)
        self.app, self.world = app, world
        held_back = ReservationFactory(account=world.accounts[FOREIGN], name=canary(FOREIGN))
        PurchaseFactory(
            asset=held_back, state=PurchaseState.CART_READY, waits_for=WaitsFor.APPROVAL
        )
        self.viewer = viewer_of(user)
        self.client = sign_in(user, into=plain_client(app))
        self.token = own_token(app, self.client)

    def pages(self):
        """(page, method, kind) of the back office where something of an account is looked for."""
        found = []
        for page, method, has_id in rules(self.app):
            kind = EXPECTED["pages"][page].get("object") if has_id else None
            if "/bss/" in page and (kind in OWNED or not has_id):
                found.append((page, method, kind))
        return found

    def ask(self, page, method, kind, whose):
        url = page.replace("<id>", self.world.id_of(kind, whose)) if kind else page
        form = {"csrf_token": self.token} if method == "POST" else None
        return self.client.open(url, method=method, data=form)

    def wrong(self, only=None):
        """What others' things answer but that they are missing, and what lists give away."""
        found = []
        for page, method, kind in self.pages():
            if only is not None and (page, method) not in only:
                continue
            with self.ask(page, method, kind, FOREIGN) as answer:
                outcome, text = outcome_of(answer), text_of(answer)
            if kind and outcome not in {"missing", "forbidden"}:
                found.append(f"{method} {page}: {outcome}, expected missing")
            found += [f"{method} {page}: gives away {name}" for name in OTHERS if name in text]
        return found

    def read(self, only=None):
        """What its own pages tell, and the lists."""
        answers = {}
        for page, method, kind in self.pages():
            if method != "GET" or not (only is None or (page, method) in only):
                continue
            for query in ("",) if kind else ("", "?q=cnry"):
                with self.ask(page + query, method, kind, OWN) as answer:
                    answers[f"{page}{query}"] = told(answer)
        return answers
