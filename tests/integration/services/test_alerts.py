"""Alerts: each is provoked, seen, and gone once its cause is."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.database import db
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import SpendLimits
from app.models import Alert, Heartbeat, MicrosoftConnection, Provider, Purchase
from app.services.alerts import AlertKind, Severity, keep_alerts, list_alerts
from app.services.dispatch import dispatch_once
from app.services.heartbeats import note_start
from app.services.provisioning_switch import declare_restored, pause, resume
from app.services.spend_limits import set_account_limit, set_limits
from tests import factories
from tests.factories import PurchaseFactory, ReservationFactory, UserFactory, viewer_of

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def admin(app):
    dispatch_once(driver=app.extensions["purchase_driver"])  # somebody is alive
    return viewer_of(UserFactory(staff=True))


def minutes_ago(count):
    return sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, 60 * count)


def purchase(state, **changes):
    asset = ReservationFactory(purchase_state=state)
    return PurchaseFactory(asset=asset, state=state, order_id=None, **changes)


def change(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    factories.session.commit()


def alerts(viewer):
    keep_alerts()
    return {alert.kind: alert for alert in list_alerts(viewer)}


def test_without_a_cause_there_is_none(admin):
    purchase(PurchaseState.QUEUED)

    assert alerts(admin) == {}


@pytest.mark.parametrize(
    "state", [PurchaseState.QUEUED, PurchaseState.CHECKOUT_SENT, PurchaseState.ORDERED]
)
@pytest.mark.parametrize(("age", "severity"), [(9, None), (11, Severity.WARN), (31, Severity.PAGE)])
def test_the_oldest_unfinished_purchase_warns_and_then_pages(admin, state, age, severity):
    late = purchase(state)
    change(late, created_at=minutes_ago(age))

    found = alerts(admin).get(AlertKind.OLDEST_UNFINISHED)

    assert (found and found.severity) == severity


def test_an_old_failure_that_was_saved_again_is_young(admin, app):
    late = purchase(PurchaseState.QUEUED)
    change(late, created_at=minutes_ago(600))
    assert AlertKind.OLDEST_UNFINISHED in alerts(admin)

    factories.session.execute(
        sa.text(
            "INSERT INTO purchase_events (purchase_id, account_id, tenant_id, event, state, actor,"
            " fence, detail) SELECT id, account_id, tenant_id, 'saved', state, 'a person', 0, '{}'"
            " FROM purchases"
        )
    )
    factories.session.commit()

    assert AlertKind.OLDEST_UNFINISHED not in alerts(admin)


def test_what_is_parked_unanswered_is_told_at_once(admin):
    """Where a checkout is never sent again, nobody waits half an hour for its answer."""
    purchase(PurchaseState.UNKNOWN, checkout_first_sent_at=minutes_ago(0.1))
    purchase(PurchaseState.UNKNOWN, checkout_first_sent_at=minutes_ago(29))

    found = alerts(admin)[AlertKind.UNKNOWN]

    assert (found.severity, found.message[:1]) == (Severity.WARN, "2")


def test_any_purchase_unknown_for_half_an_hour_pages_until_it_is_known(admin):
    lost = purchase(PurchaseState.UNKNOWN, checkout_first_sent_at=minutes_ago(31))

    found = alerts(admin)[AlertKind.UNKNOWN]

    assert (found.severity, found.message[:1]) == (Severity.PAGE, "1")
    change(lost, state=PurchaseState.ORDERED)
    assert AlertKind.UNKNOWN not in alerts(admin)


def test_a_silent_dispatcher_is_seen_even_if_nobody_keeps_alerts(admin):
    factories.session.execute(sa.update(Heartbeat).values(at=minutes_ago(2)))
    factories.session.commit()

    seen = {alert.kind: alert.severity for alert in list_alerts(admin)}

    assert seen == {AlertKind.DISPATCHER_SILENT: Severity.PAGE}
    assert AlertKind.DISPATCHER_SILENT in alerts(admin)
    factories.session.execute(sa.update(Heartbeat).values(at=sa.func.now()))
    factories.session.commit()
    assert list_alerts(admin) == []


def test_a_living_worker_is_no_dispatcher(admin):
    factories.session.execute(sa.update(Heartbeat).values(kind="worker"))
    factories.session.commit()

    assert AlertKind.DISPATCHER_SILENT in alerts(admin)


def begin(age):
    """The system's start, as `entrepot migrate` notes it, so many minutes ago."""
    with db.engine.begin() as connection:
        note_start(connection)
    factories.session.execute(
        sa.update(Heartbeat).where(Heartbeat.name == "start").values(at=minutes_ago(age))
    )
    factories.session.commit()


@pytest.mark.parametrize(("age", "is_silent"), [(0, False), (1.9, False), (2.1, True)])
@pytest.mark.parametrize("before", [None, 600])
def test_a_dispatcher_has_two_minutes_to_come_up(admin, before, age, is_silent):
    factories.session.execute(
        sa.update(Heartbeat).values(at=minutes_ago(before)) if before else sa.delete(Heartbeat)
    )
    begin(age)

    assert (AlertKind.DISPATCHER_SILENT in alerts(admin)) is is_silent
    assert bool(list_alerts(admin)) is is_silent


def test_one_that_falls_silent_later_is_missed_as_always(admin):
    factories.session.execute(sa.update(Heartbeat).values(at=minutes_ago(1.1)))
    begin(2.5)

    assert AlertKind.DISPATCHER_SILENT in alerts(admin)


def spent(amount):
    row = purchase(
        PurchaseState.ORDERED,
        spend=Decimal(amount),
        spend_currency="EUR",
        spent_at=sa.func.now(),
    )
    return factories.session.get_one(Purchase, row.id)


@pytest.mark.parametrize("which", ["altogether", "per_account"])
def test_four_fifths_of_a_spend_limit_warn(admin, which):
    set_limits(admin, SpendLimits(currency="EUR", **{which: Decimal(100)}))
    row = spent("79.9999")
    assert AlertKind.SPEND_LIMIT not in alerts(admin)

    change(row, spend=Decimal(80))

    assert alerts(admin)[AlertKind.SPEND_LIMIT].severity is Severity.WARN
    change(row, spent_at=minutes_ago(61))
    assert AlertKind.SPEND_LIMIT not in alerts(admin)


def test_an_accounts_own_limit_warns_too(admin):
    row = spent("90")
    assert AlertKind.SPEND_LIMIT not in alerts(admin)

    set_account_limit(admin, row.account_id, Decimal(100))

    assert AlertKind.SPEND_LIMIT in alerts(admin)


def test_provisioning_that_is_off_warns_and_a_restore_pages(admin):
    pause(admin, "A wrong price list")
    warned = alerts(admin)[AlertKind.PROVISIONING_OFF]
    declare_restored("an operator")
    paged = alerts(admin)[AlertKind.PROVISIONING_OFF]

    assert (warned.severity, paged.severity) == (Severity.WARN, Severity.PAGE)
    assert "A wrong price list" in warned.message


def test_a_microsoft_that_does_not_answer_warns(admin):
    factories.session.execute(sa.update(Provider).values(openings=1, reason="503 Down"))
    factories.session.commit()

    assert "503 Down" in alerts(admin)[AlertKind.PROVIDER_DOWN].message


def test_an_alert_keeps_its_beginning_and_a_new_one_begins_anew(admin):
    pause(admin, "First")
    first = alerts(admin)[AlertKind.PROVISIONING_OFF]
    pause(admin, "Still")
    still = alerts(admin)[AlertKind.PROVISIONING_OFF]
    resume(admin, "Over")
    assert alerts(admin) == {}
    cleared = factories.session.scalars(sa.select(Alert)).one()
    assert cleared.cleared_at is not None
    pause(admin, "Again")

    again = alerts(admin)[AlertKind.PROVISIONING_OFF]

    assert first.since == still.since < again.since
    assert still.message == "Provisioning is off: Still"


@pytest.mark.parametrize(
    ("unused", "severity", "words"),
    [
        (75, None, ""),
        (77, Severity.WARN, "The consent at Microsoft ends in 12 days unless used."),
        (91, Severity.PAGE, "The consent at Microsoft is over. Give it again."),
    ],
)
def test_a_token_that_nobody_uses_warns_before_it_ends(admin, unused, severity, words):
    since = sa.func.now() - sa.func.make_interval(0, 0, 0, unused)
    factories.session.add(MicrosoftConnection(id=1, refresh_token=b"sealed", refreshed_at=since))
    factories.session.commit()

    found = alerts(admin).get(AlertKind.CONSENT_ENDS)

    assert (found and found.severity) == severity
    assert (found.message if found else "") == words


def test_where_no_token_was_stored_none_ends(admin):
    since = sa.func.now() - sa.func.make_interval(0, 0, 0, 200)
    factories.session.add(MicrosoftConnection(id=1, refreshed_at=since))
    factories.session.commit()

    assert alerts(admin) == {}
