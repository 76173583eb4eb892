"""PostgreSQL stores what was sent, and its answer gets lost on the way back."""

from dataclasses import replace

import pytest

from app import create_app
from app.database import db
from app.domain.orders import OrderStatus
from app.models import Asset, Purchase
from app.services.orders import approve_order, place_order
from embedded.ports import LOOPBACK
from tests.chaos.proxy import LineFault, Lines
from tests.factories import session
from tests.integration.services.buyers import Marketplace, change, person, rows


@pytest.fixture
def marketplace(app):
    return Marketplace()


@pytest.fixture
def line(settings):
    """The application behind a line to PostgreSQL that can lose the answer to a COMMIT."""
    port = settings.database_url.rpartition("/")[0].rpartition(":")[2]
    with Lines(postgresql=int(port)) as lines:
        found = lines["postgresql"]
        url = settings.database_url.replace(f"{LOOPBACK}:{port}", f"{LOOPBACK}:{found.port}")
        with create_app(replace(settings, database_url=url)).app_context():
            yield found
            db.session.remove()
            db.engine.dispose()


def test_an_order_whose_commit_got_no_answer_is_placed_once(marketplace, line):
    buyer = person(marketplace.direct)
    order_id = marketplace.quote_plan(buyer, marketplace.direct)
    line.plan(LineFault("lost_commit"))

    placed = place_order(buyer, order_id)

    assert line.played == {"lost_commit": 1}
    assert placed.status is OrderStatus.EXECUTED
    assert [asset.id for asset in rows(Asset)] == placed.asset_ids
    assert len(rows(Purchase)) == 1


def test_an_approval_whose_commit_got_no_answer_is_given_once(marketplace, line):
    change(marketplace.customer, needs_approval=True)
    order_id = marketplace.quote(person(marketplace.customer))
    place_order(person(marketplace.customer), order_id)
    line.plan(LineFault("lost_commit"))

    placed = approve_order(person(marketplace.reseller), order_id)

    assert line.played == {"lost_commit": 1}
    assert placed.status is OrderStatus.EXECUTED
    assert len(rows(Purchase)) == 1
    session.rollback()
