"""The edit form: what each state leaves open, what saving does, two people at once."""

from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from tests import factories
from tests.factories import (
    AccountFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.support.back_office import ASSETS, edit_of, purchase_for, staff, title, view_of
from tests.support.buying import purchase_of, stored
from tests.support.html import page, words

PURCHASE_FIELDS = {"quantity", "subscription_id"}
ALWAYS = {"custom_fields", "tags", "notes"}


def offered(answer):
    fields = page(answer).select("#asset-form :is(input, select, textarea)[name]")
    return {field["name"] for field in fields} - {"csrf_token", "version"}


def button(answer):
    return words(page(answer).select_one("#asset-form button[type=submit]"))


def form_of(answer):
    """What a browser would send of the form as it stands."""
    found = {}
    for field in page(answer).select("#asset-form :is(input, textarea)[name]"):
        found[field["name"]] = field.get("value", "") if field.name == "input" else field.text
    for select in page(answer).select("#asset-form select[name]"):
        found[select["name"]] = select.select_one("option[selected]")["value"]
    return found


def save(client, asset, form=None, **changes):
    """Open the form, type, save."""
    form = form or form_of(client.get(edit_of(asset)))
    return client.post(edit_of(asset), data={**form, **changes})


def errors(answer):
    return [words(error) for error in page(answer).select("#error-summary li")]


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(f"{ASSETS}{uuid4()}/edit").location.startswith("/login")


def test_customers_find_nothing_there(client, sign_in, office):
    sign_in(UserFactory(account=office.customer))

    assert client.get(edit_of(office.failed())).status_code == 404


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING])
def test_roles_that_only_read_are_refused(client, sign_in, office, role):
    asset = office.failed()
    sign_in(staff())
    form = form_of(client.get(edit_of(asset)))
    sign_in(staff(role))

    assert client.get(edit_of(asset)).status_code == 403
    assert client.post(edit_of(asset), data=form).status_code in {400, 403}
    assert stored(asset).version == 1


class TestWhatIsOpen:
    def test_failed_leaves_the_purchase_open_and_names_the_consequence(self, bss, office):
        answer = bss.get(edit_of(office.failed()))

        assert title(answer).startswith("Edit ")
        assert offered(answer) == ALWAYS | PURCHASE_FIELDS | {"name"}
        assert button(answer) == "Save and provision again"
        assert "Saving sends this asset to Microsoft again." in answer.text
        assert page(answer).select_one("#sync-banner a")["href"] == "#subscription_id"

    def test_synchronized_leaves_name_and_our_own_fields(self, bss, office):
        asset = office.reservation()
        purchase_for(asset)

        answer = bss.get(edit_of(asset))

        assert offered(answer) == ALWAYS | {"name"}
        assert button(answer) == "Save"
        assert "Saving changes our record only." in answer.text

    @pytest.mark.parametrize("state", [PurchaseState.QUEUED, PurchaseState.UNKNOWN])
    def test_on_its_way_the_purchase_is_closed(self, bss, office, state):
        asset = office.reservation(purchase_state=state)
        purchase_for(asset, state=state, order_id=None)

        answer = bss.get(edit_of(asset))

        assert offered(answer) == ALWAYS | {"name"}
        assert button(answer) == "Save"

    @pytest.mark.parametrize("trait", ["expired", "cancelled"])
    def test_what_has_ended_leaves_our_own_fields(self, bss, office, trait):
        answer = bss.get(edit_of(office.reservation(**{trait: True})))

        assert offered(answer) == ALWAYS
        assert button(answer) == "Save"
        assert "This asset has ended" in answer.text

    def test_a_missing_software_id_is_said_to_be_asked_for(self, bss):
        asset = SoftwareSubscriptionFactory(software_id=None)
        purchase_for(asset)

        assert "asks Microsoft for the Software ID" in bss.get(edit_of(asset)).text

    def test_the_plans_are_those_of_the_account(self, bss, office):
        SubscriptionFactory(account=office.customer, name="Azure plan B")
        SubscriptionFactory(name="Somebody else's")

        options = page(bss.get(edit_of(office.failed()))).select("#subscription_id option")

        assert [words(option).split(" · ")[1] for option in options] == [
            "Azure plan A",
            "Azure plan B",
        ]


class TestSaving:
    def test_an_unchanged_failed_asset_is_tried_again(self, bss, office):
        asset = office.failed()

        answer = save(bss, asset)

        assert answer.status_code == 303
        assert answer.location == view_of(asset)
        assert purchase_of(asset).state is PurchaseState.QUEUED
        assert stored(asset).version == 2

    def test_the_view_says_once_what_saving_set_going(self, bss, office):
        asset = office.failed()
        save(bss, asset)

        first, second = bss.get(view_of(asset)), bss.get(view_of(asset))

        assert "Saved. Microsoft is asked now, and this page follows it." in first.text
        assert "Saved." not in second.text

    def test_every_field_is_stored(self, bss, office):
        other = SubscriptionFactory(account=office.customer)
        asset = office.failed(quantity=5)

        save(
            bss,
            asset,
            name="New name",
            quantity="3",
            subscription_id=str(other.id),
            custom_fields="Cost centre: 42\n\nOwner: Maria: IT",
            tags="prod, eu, prod,",
            notes="Called Microsoft.",
        )

        found = stored(asset)
        assert found.name == "New name"
        assert found.quantity == 3
        assert found.subscription_id == other.id
        assert found.custom_fields == {"Cost centre": "42", "Owner": "Maria: IT"}
        assert found.tags == ["prod", "eu"]
        assert found.notes == "Called Microsoft."

    def test_a_synchronized_asset_is_saved_and_nothing_is_sent(self, bss, office):
        asset = office.reservation()
        purchase_for(asset)

        save(bss, asset, name="Renamed", notes="")

        assert stored(asset).name == "Renamed"
        assert purchase_of(asset).state is PurchaseState.SYNCHRONIZED
        assert purchase_of(asset).next_run_at is None

    def test_a_missing_software_id_is_read_and_never_bought(self, bss):
        asset = SoftwareSubscriptionFactory(software_id=None)
        purchase_for(asset)

        save(bss, asset)

        assert purchase_of(asset).state is PurchaseState.SYNCHRONIZED
        assert purchase_of(asset).next_run_at
        assert "Nothing is bought." in bss.get(view_of(asset)).text

    def test_what_has_ended_keeps_its_name_even_if_one_is_sent(self, bss, office):
        asset = office.reservation(expired=True)
        form = form_of(bss.get(edit_of(asset)))

        answer = bss.post(edit_of(asset), data={**form, "name": "Other"})

        assert answer.status_code == 409
        assert stored(asset).name == asset.name


class TestWhatCannotBeAccepted:
    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("name", "  ", "Enter a name."),
            ("name", "x" * 201, "Use at most 200 characters."),
            ("quantity", "9", "Enter a quantity from 1 to 5. More needs a new order."),
            ("quantity", "0", "Enter a quantity from 1 to 5. More needs a new order."),
            ("quantity", "many", "Enter a whole number."),
            ("subscription_id", "none", "Choose an Azure plan of this account."),
            ("custom_fields", "no colon", "This line is not: no colon"),
            ("custom_fields", "a: 1\na: 2", "The field a stands here twice."),
            ("custom_fields", "a: " + "x" * 501, "shorten a."),
            ("custom_fields", "\n".join(f"f{n}: 1" for n in range(31)), "at most 30"),
            ("tags", ",".join(f"t{n}" for n in range(21)), "at most 20 tags"),
            ("tags", "x" * 41, "A tag has at most 40 characters"),
            ("notes", "x" * 4001, "Use at most 4,000 characters."),
            ("version", "", "This page is damaged."),
        ],
    )
    def test_it_says_so_at_the_field_and_keeps_what_was_typed(
        self, bss, office, field, value, message
    ):
        asset = office.failed(quantity=5)

        answer = save(bss, asset, **{"notes": "Typed before.", field: value})

        assert answer.status_code == 422
        assert message in errors(answer)[0]
        assert words(page(answer).title).startswith("Error:")
        if field != "version":
            assert page(answer).select_one(f'#{field}[aria-invalid="true"]')
        if field != "notes":
            assert "Typed before." in answer.text
        assert stored(asset).version == 1

    def test_another_accounts_plan_is_refused(self, bss, office):
        foreign = SubscriptionFactory(account=AccountFactory())
        asset = office.failed()

        answer = save(bss, asset, subscription_id=str(foreign.id))

        assert answer.status_code == 422
        assert errors(answer) == ["Choose an Azure plan of this account."]
        assert stored(asset).subscription_id == office.plan.id

    def test_htmx_gets_the_whole_page_to_choose_from(self, bss, office):
        asset = office.failed()
        form = form_of(bss.get(edit_of(asset)))
        headers = {"HX-Request": "true", "HX-Request-Type": "full"}

        answer = bss.post(edit_of(asset), data={**form, "name": ""}, headers=headers)

        assert answer.status_code == 422
        assert page(answer).select_one("#asset-form #error-summary[autofocus]")

    def test_a_partial_of_the_form_is_the_form_alone(self, bss, office):
        answer = bss.partial(edit_of(office.failed()))

        assert '<form id="asset-form"' in answer.text
        assert "<main" not in answer.text


class TestTwoPeople:
    def test_the_slower_one_sees_both_values_and_may_go_on(self, bss, office):
        asset = office.failed(quantity=5)
        slow = form_of(bss.get(edit_of(asset)))
        save(bss, asset, name="Theirs", notes="Same")

        answer = save(bss, asset, form=slow, name="Mine", notes="Same", quantity="3")

        assert answer.status_code == 409
        text = words(page(answer).select_one("#edit-conflict"))
        assert "It changed while you were editing" in text
        assert "Name Theirs Mine" in text
        assert "Quantity 5 3 cannot change any more" in text
        assert "Notes" not in text
        assert stored(asset).name == "Theirs"

        assert save(bss, asset, form=form_of(answer)).status_code == 303
        assert stored(asset).name == "Mine"
        assert stored(asset).quantity == 5

    def test_the_same_form_sent_twice_is_saved_once_and_is_no_conflict(self, bss, office):
        asset = office.failed()
        form = form_of(bss.get(edit_of(asset)))

        first = save(bss, asset, form=form)
        second = save(bss, asset, form=form)

        assert (first.status_code, second.status_code) == (303, 303)
        assert stored(asset).version == 2

    def test_a_retry_that_lost_against_a_failed_save_is_told(self, bss, office):
        asset = office.failed()
        form = form_of(bss.get(edit_of(asset)))
        asset.version = 2
        factories.session.commit()

        answer = save(bss, asset, form=form)

        assert answer.status_code == 409
        assert button(answer) == "Save and provision again"
        assert save(bss, asset, form=form_of(answer)).status_code == 303

    def test_a_purchase_that_went_on_meanwhile_closes_its_fields(self, bss, office):
        asset = office.failed(quantity=5)
        form = form_of(bss.get(edit_of(asset)))
        purchase = purchase_of(asset)
        purchase.state = PurchaseState.ORDERED
        purchase.order_id = "late-order"
        asset.provisioning_sync_status = "in_progress"
        factories.session.commit()

        answer = save(bss, asset, form=form, quantity="2")

        assert answer.status_code == 409
        assert "The quantity is fixed" in answer.text
        assert offered(answer) == ALWAYS | {"name"}
        assert stored(asset).quantity == 5


def test_a_form_without_its_token_is_refused(bss, office):
    asset = office.failed()

    answer = bss.post(edit_of(asset), data={"version": "1", "name": "x"})

    assert answer.status_code in {400, 422}
    assert stored(asset).version == 1


def test_at_most_six_statements(bss, office, at_most):
    asset = office.failed()
    for _ in range(5):
        SubscriptionFactory(account=office.customer)

    with at_most(6):
        bss.get(edit_of(asset))
