"""Customers as Partner Center lists them, compared with our accounts."""

from dataclasses import replace

import pytest

from app.domain.customer_import import (
    CustomerFound,
    FieldChange,
    ImportChange,
    PlanFound,
    compare,
)

PLAN = PlanFound(id="plan-1", name="Azure plan", status="active")
OURS = CustomerFound(
    id="tenant-1",
    name="Aegean Foods S.A.",
    domain="aegean.onmicrosoft.com",
    country="GR",
    has_agreement=True,
    agreed_on="2026-01-31",
    plans=(PLAN,),
)


def test_the_same_customer_in_another_case_differs_in_nothing():
    assert compare(OURS, replace(OURS, name="AEGEAN FOODS S.A.")) is None
    assert compare(None, None) is None


def test_who_is_nowhere_at_microsoft_is_gone():
    gone = compare(OURS, None)

    assert (gone.kind, gone.customer_id, gone.fields) == (ImportChange.GONE, "tenant-1", ())


def test_a_new_customer_comes_with_all_that_microsoft_says():
    new = compare(None, replace(OURS, has_agreement=False, agreed_on=""))

    assert new.kind is ImportChange.NEW
    assert [(each.name, each.before, each.after) for each in new.fields] == [
        ("Name", "", "Aegean Foods S.A."),
        ("Country", "", "GR"),
        ("Domain", "", "aegean.onmicrosoft.com"),
        ("Customer Agreement", "", "missing"),
        ("Plan Azure plan", "", "active"),
    ]


def test_a_name_that_staff_keep_is_shown_beside_what_changes_and_alone_is_no_change():
    renamed = replace(OURS, name="Aegean Foods Ltd")

    assert compare(OURS, renamed) is None
    moved = compare(OURS, replace(renamed, domain="aegean.gr"))
    assert moved.kind is ImportChange.CHANGED
    assert moved.name == "Aegean Foods S.A."
    assert [each.is_ours for each in moved.fields] == [True, False]


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({"has_agreement": None, "agreed_on": ""}, "not known"),
        ({"has_agreement": False, "agreed_on": ""}, "missing"),
        ({"agreed_on": "2026-02-01"}, "accepted 2026-02-01"),
        ({"agreed_on": ""}, "accepted"),
    ],
)
def test_the_agreement_is_said_in_words(changes, after):
    (field,) = compare(OURS, replace(OURS, **changes)).fields

    assert (field.name, field.before, field.after) == (
        "Customer Agreement",
        "accepted 2026-01-31",
        after,
    )


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (PLAN, replace(PLAN, status="suspended"), ("active", "suspended")),
        (PLAN, None, ("active", "gone")),
        (None, PLAN, ("", "active")),
        (replace(PLAN, status="deleted"), None, None),  # it was over already
    ],
)
def test_a_plan_may_change_come_and_go(before, after, changes):
    ours = replace(OURS, plans=(before,) if before else ())
    theirs = replace(OURS, plans=(after,) if after else ())

    found = compare(ours, theirs)

    if changes is None:
        assert found is None
    else:
        assert found.fields == (
            FieldChange(name="Plan Azure plan", before=changes[0], after=changes[1]),
        )
