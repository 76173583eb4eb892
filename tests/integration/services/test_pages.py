"""Pages by key and by number, on real rows."""

import pytest
import sqlalchemy as sa

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.models import Account
from app.services.pages import (
    FURTHEST,
    Keys,
    PageRequest,
    Position,
    fetch_counted_page,
    fetch_page,
)
from tests.factories import AccountFactory

pytestmark = pytest.mark.usefixtures("app_context")
BY_NAME = Keys(columns=(Account.name, Account.id))


@pytest.fixture
def names():
    """Seven accounts, two of which share a name."""
    found = ["a", "b", "c", "c", "d", "e", "f"]
    for name in found:
        AccountFactory(name=name)
    return found


def fetch(keys=BY_NAME, **wanted):
    query = sa.select(Account.name)
    return fetch_page(reading(SYSTEM_SCOPE), query, keys, PageRequest(size=3, **wanted), total=7)


def names_of(page):
    return [row.name for row in page.items]


def test_following_next_visits_every_row_once(names):
    page = fetch()
    seen, numbers = names_of(page), [page.number]

    while page.next:
        page = fetch(after=page.next)
        seen += names_of(page)
        numbers.append(page.number)

    assert seen == names
    assert numbers == [1, 2, 3]


def test_following_previous_leads_back(names):
    last = fetch(number=3)

    middle = fetch(before=last.previous)
    first = fetch(before=middle.previous)

    assert names_of(middle) == names[3:6]
    assert names_of(first) == names[:3]
    assert (middle.number, first.number, first.previous) == (2, 1, None)
    assert names_of(fetch(after=first.next)) == names[3:6]


def test_a_page_can_be_asked_for_by_its_number(names):
    page = fetch(number=2)

    assert names_of(page) == names[3:6]
    assert (page.first_row, page.last_row) == (4, 6)


def test_a_number_beyond_the_last_page_is_the_last_page(names):
    assert names_of(fetch(number=99)) == names[6:]


def test_descending_lists_run_the_other_way(names):
    keys = Keys(columns=(Account.name, Account.id), descending=True)
    page = fetch(keys)

    assert names_of(page) == names[:3:-1]
    assert names_of(fetch(keys, after=page.next)) == ["c", "c", "b"]


@pytest.mark.parametrize("keys", [(), ("a",), ("a", "no uuid"), ("a", "b", "c")])
def test_a_position_of_another_list_counts_as_none(names, keys):
    assert names_of(fetch(after=Position(2, keys))) == names[:3]


def test_an_empty_list_is_one_empty_page():
    page = fetch_page(
        reading(SYSTEM_SCOPE), sa.select(Account.name), BY_NAME, PageRequest(), total=0
    )

    assert (page.items, page.number, page.first_row, page.has_several) == ([], 1, 0, False)


def numbers_page(total, *, descending=False, **wanted):
    """Of the numbers from 1 to `total`, without a table."""
    number = sa.func.generate_series(1, total).column_valued("number")
    number.type = sa.Integer()
    return fetch_page(
        reading(SYSTEM_SCOPE),
        sa.select(number),
        Keys(columns=(number,), descending=descending),
        PageRequest(size=50, **wanted),
        total=total,
    )


def shown(page):
    return [row.number for row in page.items]


@pytest.mark.parametrize("total", [3 * FURTHEST, 3 * FURTHEST + 1, 3 * FURTHEST + 49])
@pytest.mark.parametrize("descending", [True, False])
def test_numbers_near_the_end_are_counted_from_the_end(total, descending):
    rows = list(range(1, total + 1))[:: -1 if descending else 1]
    last_number = -(-total // 50)

    for number in (last_number, last_number - 1, last_number - 60):
        page = numbers_page(total, number=number, descending=descending)

        assert shown(page) == rows[(number - 1) * 50 : number * 50]
        assert (page.number, page.stops_short) == (number, False)
        assert (page.next is None) == (number == last_number)
        before = numbers_page(total, before=page.previous, descending=descending)
        assert shown(before) == rows[(number - 2) * 50 : (number - 1) * 50]


def test_a_number_far_from_both_ends_stops_short_and_says_so():
    page = numbers_page(4 * FURTHEST, number=2 * FURTHEST // 50)

    assert (page.number, page.stops_short) == (FURTHEST // 50 + 1, True)
    assert shown(page)[0] == page.first_row == FURTHEST + 1
    following = numbers_page(4 * FURTHEST, after=page.next)
    assert shown(following)[0] == FURTHEST + 51


@pytest.mark.parametrize(
    ("rows", "total", "is_capped"), [(-1, 4999, False), (0, 5000, False), (1, 5000, True)]
)
def test_what_is_not_kept_is_counted_so_far_and_no_further(rows, total, is_capped):
    number = sa.func.generate_series(1, FURTHEST + rows).column_valued("number")
    number.type = sa.Integer()
    keys = Keys(columns=(number,))

    page = fetch_counted_page(reading(SYSTEM_SCOPE), sa.select(number), keys, PageRequest())

    assert (page.total, page.is_capped) == (total, is_capped)
