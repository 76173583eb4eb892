"""PostgreSQL stores what was sent, and its answer gets lost on the way back."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.database import after_commit, db, reading, transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState
from app.models import Asset, Control, Purchase
from app.services.asset_editing import AssetEdit, SaveEffect, save_asset
from app.services.orders import approve_order, place_order
from embedded.ports import LOOPBACK
from tests.chaos.proxy import LineFault, Lines
from tests.factories import (
    AccountFactory,
    ReservationFactory,
    SubscriptionFactory,
    session,
    viewer_of,
)
from tests.integration.services.buyers import Marketplace, change, person, rows
from tests.support.back_office import purchase_for, staff
from tests.support.buying import events_of, purchase_of, stored
from tests.support.html import CheckedClient, page
from tests.support.person import fields_of


@pytest.fixture
def marketplace(app):
    return Marketplace()


@pytest.fixture
def line(settings):
    """A line to PostgreSQL that can lose the answer to a COMMIT."""
    port = settings.database_url.rpartition("/")[0].rpartition(":")[2]
    with Lines(postgresql=int(port)) as lines:
        yield lines["postgresql"]


@pytest.fixture
def app_behind(app, settings, line):
    """The application behind the line, connected already: a new connection commits, too."""
    port = settings.database_url.rpartition("/")[0].rpartition(":")[2]
    url = settings.database_url.replace(f"{LOOPBACK}:{port}", f"{LOOPBACK}:{line.port}")
    flask_app = create_app(replace(settings, database_url=url))
    flask_app.test_client_class = CheckedClient
    with flask_app.app_context():
        reading(SYSTEM_SCOPE).scalar(sa.select(1))
        db.session.remove()
        yield flask_app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def failed(app):
    """A reservation whose purchase failed."""
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    asset = ReservationFactory(
        account=account, subscription=plan, purchase_state=PurchaseState.FAILED
    )
    purchase_for(asset, state=PurchaseState.FAILED)
    return asset


@pytest.mark.usefixtures("app_behind")
def test_an_order_whose_commit_got_no_answer_is_placed_once(marketplace, line):
    buyer = person(marketplace.direct)
    order_id = marketplace.quote_plan(buyer, marketplace.direct)
    line.plan(LineFault("lost_commit"))

    placed = place_order(buyer, order_id)

    assert line.played == {"lost_commit": 1}
    assert placed.status is OrderStatus.EXECUTED
    assert [asset.id for asset in rows(Asset)] == placed.asset_ids
    assert len(rows(Purchase)) == 1


@pytest.mark.usefixtures("app_behind")
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


def test_a_save_whose_commit_got_no_answer_is_told_the_truth(app_behind, failed, line, sign_in):
    browser = sign_in(staff(), into=app_behind.test_client())
    address = f"/bss/billing/assets/{failed.id}/edit"
    sent = fields_of(page(browser.get(address))) | {"notes": "Asked again"}
    line.plan(LineFault("lost_commit"))

    saved = browser.post(address, data=sent)

    assert line.played == {"lost_commit": 1}
    assert saved.status_code == 303
    assert stored(failed).notes == "Asked again"
    assert stored(failed).version == 2
    assert purchase_of(failed).state is PurchaseState.QUEUED
    assert events_of(failed).count("saved") == 1
    assert len(app_behind.extensions["queue"]) == 1  # rung once, though nobody heard the COMMIT


def give_reason(reason, rung):
    with transaction(SYSTEM_SCOPE) as writing:
        writing.execute(sa.update(Control).values(reason=reason))
        after_commit(lambda: rung.append(1))


def test_what_was_stored_rings_the_bell_though_the_answer_got_lost(app_behind, line):
    rung = []
    line.plan(LineFault("lost_commit"))

    give_reason("Stored", rung)

    assert line.played == {"lost_commit": 1}
    assert rung == [1]
    assert reading(SYSTEM_SCOPE).scalar(sa.select(Control.reason)) == "Stored"


def test_what_was_not_stored_is_not_said_to_be(app_behind, line):
    rung = []
    line.plan(LineFault("cut_commit"))

    with pytest.raises(sa.exc.DBAPIError):
        give_reason("Lost", rung)

    assert line.played == {"cut_commit": 1}
    assert rung == []
    assert reading(SYSTEM_SCOPE).scalar(sa.select(Control.reason)) == ""


class StopError(Exception):
    """As a worker's wish to stop: raised wherever it is just now."""


def stop_when_the_session_is_gone():
    with transaction(SYSTEM_SCOPE) as writing:
        pid = writing.scalar(sa.select(sa.func.pg_backend_pid()))
        assert session.scalar(sa.select(sa.func.pg_terminate_backend(pid, 5000)))
        raise StopError


def test_a_session_that_is_gone_hides_no_other_reason_to_end(app_behind):
    with pytest.raises(StopError):
        stop_when_the_session_is_gone()

    session.rollback()
    give_reason("Goes on", [])
    assert reading(SYSTEM_SCOPE).scalar(sa.select(Control.reason)) == "Goes on"


def test_a_save_that_never_reached_postgresql_is_made_again(app_behind, failed, line):
    viewer = viewer_of(staff())
    line.plan(LineFault("cut_commit"))

    effect = save_asset(viewer, failed.id, AssetEdit(version=1, notes="Asked again"))

    assert line.played == {"cut_commit": 1}
    assert effect is SaveEffect.TRIES_AGAIN
    assert (stored(failed).notes, stored(failed).version) == ("Asked again", 2)
    assert events_of(failed).count("saved") == 1
