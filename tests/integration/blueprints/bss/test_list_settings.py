"""Saved views, chosen columns, page size and density; the way back to the filtered list."""

import pytest

from app.domain.access import Role
from tests.factories import UserFactory
from tests.support.back_office import ASSETS, edit_of, heads, names, staff, view_of
from tests.support.html import page, words

SETTINGS, VIEWS = "/bss/list-settings", "/bss/saved-views"
LIST = "asset-table"


def views(answer):
    return {words(link): link["href"] for link in page(answer).select(".views nav a")}


def save(client, name, query, **fields):
    form = {"list": LIST, "name": name, "query": query, "next": ASSETS, **fields}
    return client.post_form(VIEWS, form, form_at=ASSETS)


def keep(client, **fields):
    return client.post_form(SETTINGS, {"list": LIST, "next": ASSETS, **fields}, form_at=ASSETS)


def test_columns_are_chosen_and_ordered_and_name_stays(bss, office):
    office.reservation(quantity=7)

    keep(bss, column=["status", "quantity"], **{"place-status": "2", "place-quantity": "1"})

    answer = bss.get(ASSETS)
    assert heads(answer) == ["Name", "Quantity", "Status"]
    assert [words(cell) for cell in page(answer).select("tbody td")][1:] == ["7", "Active"]
    keep(bss)
    assert len(heads(bss.get(ASSETS))) == 11


@pytest.mark.parametrize(
    "fields",
    [
        {"column": ["nobody's", "<b>"]},
        {"per_page": "7", "density": "tight"},
        {"column": "status", "place-status": "٣"},
        {"list": "no-list"},
    ],
)
def test_what_nobody_offered_is_left_out(bss, office, fields):
    office.reservation()

    assert keep(bss, **fields).status_code == 303
    assert "Name" in heads(bss.get(ASSETS))


def test_page_size_and_density_are_kept(bss, office):
    for number in range(27):
        office.reservation(name=f"Reservation {number:02}")

    keep(bss, per_page="25", density="comfortable")

    answer = bss.get(ASSETS)
    assert len(names(answer)) == 25
    assert page(answer).html["data-density"] == "comfortable"


def test_a_view_is_saved_used_replaced_and_deleted(bss, office):
    office.failed(name="Failed one")
    office.reservation(name="Fine")

    save(bss, "Broken", "sync=failed&page=7&after=x&format=csv&sort=name")
    found = views(bss.get(ASSETS))
    assert found == {"Broken": f"{ASSETS}?sync=failed&sort=name"}
    assert names(bss.get(found["Broken"])) == ["Failed one"]

    save(bss, "Broken", "status=active")
    answer = bss.get(ASSETS)
    assert views(answer) == {"Broken": f"{ASSETS}?status=active"}

    view_id = page(answer).select_one(".views [name=view]")["value"]
    bss.post_form(f"{VIEWS}/delete", {"view": view_id, "next": ASSETS}, form_at=ASSETS)
    assert views(bss.get(ASSETS)) == {}


def test_a_shared_view_is_everybodys_and_deleted_by_its_maker_or_an_administrator(sign_in, office):
    maker = staff(Role.STAFF_BILLING)
    colleague, administrator = (
        UserFactory(account_id=maker.account_id, tenant_id=maker.tenant_id, role=role)
        for role in (Role.STAFF_SUPPORT, Role.STAFF_ADMINISTRATOR)
    )
    client = sign_in(maker)
    save(client, "Ours", "status=expired", shared="yes")
    save(client, "Mine", "status=active")
    view_id = page(client.get(ASSETS)).select(".views [name=view]")[-1]["value"]

    def delete():
        form = {"view": view_id, "next": ASSETS}
        return client.post_form(f"{VIEWS}/delete", form, form_at=ASSETS).status_code

    sign_in(colleague)
    assert set(views(client.get(ASSETS))) == {"Ours (shared)"}
    assert page(client.get(ASSETS)).select(".views [name=view]") == []
    assert delete() == 403
    sign_in(administrator)
    assert delete() == 303
    sign_in(maker)
    assert set(views(client.get(ASSETS))) == {"Mine"}


@pytest.mark.parametrize(
    ("name", "query", "status"),
    [("", "q=a", 409), ("x" * 61, "q=a", 409), ("Fine", "q=" + "a" * 600, 409), ("\0", "", 409)],
)
def test_what_cannot_be_saved_is_said(bss, office, name, query, status):
    assert save(bss, name, query).status_code == status
    assert views(bss.get(ASSETS)) == {}


def test_there_is_an_end_to_views(bss, office):
    for number in range(20):
        save(bss, f"View {number}", "q=a")

    assert save(bss, "One more", "q=a").status_code == 409
    assert len(views(bss.get(ASSETS))) == 20


def test_the_filter_survives_an_edit(bss, office):
    asset = office.reservation(name="Mine")
    bss.get(f"{ASSETS}?status=active&q=mine&sort=name")

    bss.post_form(edit_of(asset), {"name": "Mine too"})
    crumb = page(bss.get(view_of(asset))).select_one(".crumbs a")

    assert crumb["href"] == f"{ASSETS}?status=active&q=mine&sort=name"
