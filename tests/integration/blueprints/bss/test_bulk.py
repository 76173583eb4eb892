"""Many assets at once: tick or take all that match, look once more, watch, stop, go on."""

import pytest

from app.domain.access import Role
from app.domain.bulk import BulkAction, BulkState
from app.models import BulkJob
from tests import factories
from tests.factories import BulkJobFactory
from tests.support.back_office import ASSETS, names, staff
from tests.support.html import page, words

BULK, START = f"{ASSETS}bulk", f"{ASSETS}bulk/start"


def the_job():
    factories.session.expire_all()
    return factories.session.query(BulkJob).one()


def facts_of(answer):
    return words(page(answer).select_one("#bulk-job [role=status]"))


def test_all_that_match_are_retried_and_the_page_follows_it(bss, office, run_jobs):
    office.failed(name="Failed one")
    office.failed(name="Failed two")
    office.reservation(name="Fine")
    form = {"action": "retry", "tag": "", "scope": "all"}

    review = bss.post_form(f"{BULK}?sync=failed", form, form_at=ASSETS)
    assert "Try again at Microsoft: 2 assets" in words(page(review).main)
    assert page(review).select_one("#bulk-review")["action"] == f"{START}?sync=failed"

    started = bss.post_form(f"{START}?sync=failed", form, form_at=ASSETS)
    assert started.status_code == 303
    running = bss.get(started.location)
    assert "0 of 2 ready" in facts_of(running)
    assert page(running).select_one("#bulk-job")["hx-trigger"] == "every 1s"

    run_jobs()
    finished = bss.get(started.location)
    assert "Finished 2 of 2 ready, 0 of them refused" in facts_of(finished)
    assert "hx-trigger" not in page(finished).select_one("#bulk-job").attrs
    assert sorted(names(finished)) == ["Failed one", "Failed two"]
    assert "Sent to Microsoft again" in words(page(finished).tbody)


def test_ticked_ones_are_carried_through_the_review(bss, office):
    ticked, _ = office.failed(name="Ticked"), office.failed(name="Not ticked")
    form = {"action": "add_tag", "tag": "vip", "scope": "ticked", "asset": str(ticked.id)}

    review = page(bss.post_form(BULK, form, form_at=ASSETS))
    sent = [box["value"] for box in review.select("#bulk-review [name=asset]")]
    assert sent == [str(ticked.id)]
    answer = bss.get(bss.post_form(START, form, form_at=ASSETS).location)

    assert names(answer) == ["Ticked"]
    assert (the_job().action, the_job().tag) == (BulkAction.ADD_TAG, "vip")


@pytest.mark.parametrize("url", [BULK, START])
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"action": "retry", "scope": "ticked"}, ("Tick at least one", "No asset is chosen")),
        ({"action": "add_tag", "scope": "all"}, ("Enter a tag",) * 2),
        ({"action": "add_tag", "scope": "all", "tag": "a" * 41}, ("at most 40",) * 2),
        ({"action": "delete", "scope": "all"}, ("Not a valid choice",) * 2),
        ({"action": "retry", "scope": "ticked", "asset": "no id"}, ("Tick", "No asset")),
    ],
)
def test_what_cannot_be_is_said_and_begins_nothing(bss, office, url, form, said):
    office.reservation()

    answer = bss.post_form(url, form, form_at=ASSETS)

    assert answer.status_code == 422
    assert said[url == START] in words(page(answer).main)
    assert factories.session.query(BulkJob).count() == 0


def test_stop_and_go_on(bss, office):
    office.failed()
    bss.post_form(START, {"action": "retry", "scope": "all"}, form_at=ASSETS)
    address = f"/bss/bulk-jobs/{the_job().id}/"

    assert bss.post_form(f"{address}stop", form_at=address).status_code == 303
    stopped = bss.get(address)
    assert facts_of(stopped).startswith("Stopped")
    assert "Go on" in words(page(stopped).select_one("#bulk-job form"))

    bss.post_form(f"{address}continue", form_at=address)
    assert the_job().state is BulkState.RUNNING


def test_jobs_are_found_again(bss, office):
    BulkJobFactory(total=7, done=3, refused=1, state=BulkState.STOPPED)

    answer = bss.get("/bss/bulk-jobs/")

    row = [words(cell) for cell in page(answer).select("tbody td")]
    assert row[:5] == ["Try again at Microsoft", "Stopped", "7", "3", "1"]


def test_who_may_not_edit_gets_no_bar(client, sign_in, office):
    office.reservation()
    sign_in(staff(Role.STAFF_SUPPORT))

    answer = client.get(ASSETS)

    assert page(answer).select("#bulk-form, [name=asset]") == []


def test_the_bar_keeps_the_filter_and_forgets_the_page(bss, office):
    office.reservation()

    answer = bss.get(f"{ASSETS}?status=active&q=reserved&sort=name&per_page=25&nonsense=1")

    action = page(answer).select_one("#bulk-form")["action"]
    assert action == f"{BULK}?status=active&q=reserved"
