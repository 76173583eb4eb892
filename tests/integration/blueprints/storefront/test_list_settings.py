"""Storefront: saved views are a person's own or its account's, the page size is kept."""

import pytest

from app.domain.access import Role
from tests.support.html import page, words

LIST = "/billing/assets/reservations/"


def views(client):
    return {words(link): link["href"] for link in page(client.get(LIST)).select(".views nav a")}


def save(client, name, query, **fields):
    form = {"list": "reservation-table", "name": name, "query": query, "next": LIST, **fields}
    return client.post_form("/saved-views", form, form_at=LIST)


def test_a_view_is_shared_inside_the_account_and_not_beyond(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))
    save(client, "Ending soon", "expiring=soon&sort=expires", shared="yes")
    save(client, "Mine", "q=d2s")

    sign_in(world.user_of(world.customer, Role.VIEWER))
    assert views(client) == {"Ending soon (shared)": f"{LIST}?expiring=soon&sort=expires"}

    sign_in(world.user_of(world.reseller))
    assert views(client) == {}


@pytest.mark.parametrize(("sent", "kept"), [("25", 25), ("100", 100), ("7", 50)])
def test_the_page_size_is_kept_with_the_person(client, sign_in, world, sent, kept):
    world.example()
    sign_in(world.user_of(world.customer))

    form = {"list": "reservation-table", "per_page": sent, "next": LIST}
    client.post_form("/list-settings", form, form_at=LIST)

    size = page(client.get(LIST)).select_one("[name=per_page] [selected]")
    assert words(size) == str(kept)


def test_the_settings_lead_back_to_a_page_of_ours_alone(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))

    form = {"list": "reservation-table", "next": "https://evil.example/"}
    answer = client.post_form("/list-settings", form, form_at=LIST)

    assert answer.location == "/"
