"""What Microsoft says against what we say."""

import datetime as dt
from dataclasses import replace

import pytest

from app.domain.assets import AssetKind, AssetStatus
from app.domain.microsoft_side import FieldChange, OurSide, compare
from app.domain.purchase_commands import Details, OrderSeen

RESERVATION = OurSide(
    kind=AssetKind.RESERVATION,
    status=AssetStatus.ACTIVE,
    copies={
        "expires_on": dt.date(2027, 11, 22),
        "microsoft_order_alias": "9c41d07be2a5",
        "microsoft_ordered_at": dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC),
        "reservation_id": "r-1",
        "reservation_order_id": "o-1",
        "reservation_status": "Succeeded",
        "scope": "Shared",
    },
    expiry_is_estimated=False,
    product_id="P",
    sku_id="S",
    quantity=2,
)
SOFTWARE = replace(
    RESERVATION,
    kind=AssetKind.SOFTWARE_SUBSCRIPTION,
    copies={
        "expires_on": dt.date(2027, 11, 21),
        "microsoft_order_alias": "9c41d07be2a5",
        "microsoft_ordered_at": None,
        "software_id": None,
        "microsoft_status": "active",
    },
)
ORDER = OrderSeen(
    order_id="o",
    alternate_id="9c41d07be2a5",
    status="completed",
    ordered_at=None,
    product_id="P",
    sku_id="S",
    quantity=2,
    friendly_name="AST-000001-ABCDEFGH",
    customer_id="c",
)


def said(**values):
    return Details(is_fulfilled=True, **values)


def test_silence_changes_nothing():
    found = compare(RESERVATION, said(), None)

    assert (found.copies, found.filled, found.changed, found.differs) == ({}, (), (), ())
    assert found.ends_as is None


def test_another_scope_is_copied_and_said_with_both_values():
    found = compare(RESERVATION, said(scope="Single", reservation_status="Succeeded"), ORDER)

    assert found.copies == {"scope": "Single"}
    assert found.changed == (FieldChange("Scope", "Shared", "Single"),)


def test_what_was_missing_is_filled_and_is_no_drift():
    found = compare(SOFTWARE, said(software_id="s-1"), ORDER)

    assert found.filled == (FieldChange("Software ID", None, "s-1"),)
    assert found.changed == ()


def test_an_estimated_day_gives_way_without_drift():
    ours = replace(RESERVATION, expiry_is_estimated=True)

    found = compare(ours, said(expires_on=dt.date(2027, 11, 23)), None)

    assert found.filled == (FieldChange("Expiration Date", "2027-11-22", "2027-11-23"),)


def test_a_day_that_microsoft_gave_before_drifts():
    found = compare(RESERVATION, said(expires_on=dt.date(2028, 11, 22)), None)

    assert found.changed == (FieldChange("Expiration Date", "2027-11-22", "2028-11-22"),)


def test_a_status_on_its_way_is_no_drift():
    ours = replace(RESERVATION, copies={**RESERVATION.copies, "reservation_status": "Creating"})

    found = compare(ours, said(reservation_status="Succeeded"), None)

    assert (found.changed, found.ends_as) == ((), None)


@pytest.mark.parametrize(
    ("ours", "details", "order", "ends_as"),
    [
        (RESERVATION, said(reservation_status="Cancelled"), ORDER, AssetStatus.CANCELLED),
        (RESERVATION, said(reservation_status="Expired"), ORDER, AssetStatus.EXPIRED),
        (RESERVATION, said(reservation_status="Succeeded"), ORDER, None),
        (RESERVATION, said(reservation_status="Sideways"), ORDER, None),
        (SOFTWARE, said(microsoft_status="deleted"), ORDER, AssetStatus.CANCELLED),
        (SOFTWARE, said(microsoft_status="expired"), ORDER, AssetStatus.EXPIRED),
        (SOFTWARE, said(microsoft_status="suspended"), ORDER, None),
        (SOFTWARE, said(), replace(ORDER, quantity=0), AssetStatus.CANCELLED),
        (SOFTWARE, said(), replace(ORDER, status="cancelled"), AssetStatus.CANCELLED),
    ],
)
def test_expired_and_cancelled_are_applied(ours, details, order, ends_as):
    assert compare(ours, details, order).ends_as is ends_as


def test_an_asset_that_ended_here_is_not_ended_again():
    ours = replace(RESERVATION, status=AssetStatus.EXPIRED)

    assert compare(ours, said(reservation_status="Cancelled"), ORDER).ends_as is None


def test_quantity_and_product_stay_ours_and_are_said():
    order = replace(ORDER, quantity=3, sku_id="T")

    found = compare(RESERVATION, said(), order)

    assert found.copies == {}
    assert found.differs == (
        FieldChange("Quantity", "2", "3"),
        FieldChange("Product ID", "P:S", "P:T"),
    )


def test_what_was_renewed_after_it_expired_here_is_said():
    ours = replace(SOFTWARE, status=AssetStatus.EXPIRED)
    renewed = said(microsoft_status="active", expires_on=dt.date(2028, 11, 21))

    assert compare(ours, renewed, ORDER).differs == (FieldChange("Status", "Expired", "Active"),)


def test_on_the_last_day_itself_the_two_may_disagree():
    ours = replace(SOFTWARE, status=AssetStatus.EXPIRED)
    not_yet = said(microsoft_status="active", expires_on=dt.date(2027, 11, 21))

    assert compare(ours, not_yet, ORDER).differs == ()


def test_what_was_cancelled_here_and_runs_on_there_is_said_on_any_day():
    ours = replace(SOFTWARE, status=AssetStatus.CANCELLED)

    found = compare(ours, said(microsoft_status="active"), ORDER)

    assert found.differs == (FieldChange("Status", "Cancelled", "Active"),)


def test_an_instant_is_said_in_utc():
    east = dt.timezone(dt.timedelta(hours=2))
    order = replace(ORDER, ordered_at=dt.datetime(2026, 11, 22, 12, 30, tzinfo=east))

    (changed,) = compare(RESERVATION, said(), order).changed

    assert (changed.ours, changed.microsoft) == ("2026-11-22 09:00 UTC", "2026-11-22 10:30 UTC")


def test_an_offer_that_is_named_by_a_bare_guid_is_no_other_product():
    order = replace(ORDER, product_id="7d4b1a80-0000-0000-0000-000000000000", sku_id="")

    assert compare(RESERVATION, said(), order).differs == ()
