"""Back office: a new account, and changing one."""

import pytest

from app.domain.access import AccountKind, Role
from app.domain.languages import Language
from app.models import Account, AccountEvent, AuditEntry
from tests import factories
from tests.factories import AccountFactory, PriceListFactory, SubscriptionFactory, UserFactory
from tests.support.back_office import facts, staff, title
from tests.support.html import page, words

NEW = "/bss/accounts/new"


def edit_of(account):
    return f"/bss/accounts/{account.id}/edit"


def now_is(account):
    factories.session.rollback()
    return factories.session.get_one(Account, account.id, populate_existing=True)


def typed(bss, account, **changes):
    """Everything that the form holds, with some of it changed; an unticked box is left out."""
    form = page(bss.get(edit_of(account))).select_one("#account-form")
    texts = form.select("input[name]:not([type=checkbox])")
    sent = {field["name"]: field.get("value", "") for field in texts}
    sent |= {field["name"]: "y" for field in form.select("input[type=checkbox][checked]")}
    sent |= {area["name"]: area.text.strip() for area in form.select("textarea")}
    for select in form.select("select"):
        sent[select["name"]] = select.select_one("option[selected]")["value"]
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


def save(bss, account, **changes):
    return bss.post(edit_of(account), data=typed(bss, account, **changes))


def error_at(answer, name):
    return words(page(answer).find(id=f"{name}-error"))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("path", [NEW, "/bss/accounts/{account}/edit"])
class TestWhoMay:
    def test_whoever_is_not_signed_in_is_asked_to(self, client, path):
        assert client.get(path.format(account=AccountFactory().id)).location.startswith("/login")

    @pytest.mark.parametrize("role", [Role.STAFF_BILLING, Role.STAFF_SUPPORT])
    def test_only_administrators(self, client, sign_in, path, role):
        sign_in(staff(role))

        assert client.get(path.format(account=AccountFactory().id)).status_code == 403

    def test_customers_find_nothing_there(self, client, sign_in, path):
        sign_in(UserFactory())

        assert client.get(path.format(account=AccountFactory().id)).status_code == 404


class TestEdit:
    def test_everything_is_kept_and_every_change_is_in_the_history(self, bss, office):
        prices = PriceListFactory(name="Partners")

        answer = save(
            bss,
            office.customer,
            legal_name="Aegean Foods Anonymous Company",
            address="Ermou 1",
            country="DE",
            vat_number="136 695 976",
            price_list_id=str(prices.id),
            needs_approval="y",
            language="el",
        )

        assert answer.status_code == 303
        account = now_is(office.customer)
        assert account.address == "Ermou 1"
        assert account.vat_number == "DE136695976"
        assert account.price_list_id == prices.id
        assert account.needs_approval
        assert account.language is Language.EL
        event = factories.session.query(AccountEvent).filter_by(account_id=account.id).one()
        assert event.actor == "Eleni Papadaki"
        assert event.changes["Price list"] == ["", "Partners"]
        assert event.changes["VAT number"] == ["EL094382771", "DE136695976"]
        assert "City" not in event.changes

    def test_a_form_sent_as_it_was_changes_nothing(self, bss, office):
        before = facts(bss.get(f"/bss/accounts/{office.customer.id}/"))

        assert save(bss, office.customer).status_code == 303

        assert facts(bss.get(f"/bss/accounts/{office.customer.id}/")) == before
        assert factories.session.query(AccountEvent).count() == 0

    def test_a_form_without_its_fields_changes_nothing(self, bss, office):
        token = typed(bss, office.customer)["csrf_token"]

        answer = bss.post(edit_of(office.customer), data={"csrf_token": token})

        assert answer.status_code == 422
        assert now_is(office.customer).may_order

    @pytest.mark.parametrize(
        ("changes", "field", "says"),
        [
            ({"name": " "}, "name", "Enter a name."),
            ({"email": "nobody"}, "email", "Enter an e-mail address"),
            ({"vat_number": "EL123456789"}, "vat_number", "“EL123456789” is no VAT number of the"),
            ({"vat_number": "DE136695976"}, "vat_number", "the check digits are wrong"),
            ({"country": "CH", "vat_number": "CHE-1"}, "vat_number", "is no VAT number for this"),
            ({"reseller": "Nobody Ltd"}, "reseller", "No account has this name"),
            ({"reseller": "Aegean Foods S.A."}, "reseller", "is no reseller"),
            ({"reseller": ""}, "reseller", "needs its reseller"),
            ({"microsoft_domain": "x" * 201}, "microsoft_domain", "at most 200"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
        self, bss, office, changes, field, says
    ):
        answer = save(bss, office.customer, city="Piraeus", **changes)

        assert answer.status_code == 422
        assert says in error_at(answer, field)
        assert page(answer).find(id="city")["value"] == "Piraeus"
        assert now_is(office.customer).city == "Athens"

    def test_a_vat_number_that_stands_there_already_does_not_stop_another_change(self, bss, office):
        assert save(bss, office.customer, city="Piraeus").status_code == 303

        assert now_is(office.customer).vat_number == "EL094382771"

    @pytest.mark.parametrize(
        ("tenant", "says"),
        [("1234", "36 characters. This one has 4"), ("{other}", "has this tenant already")],
    )
    def test_a_tenant_is_a_whole_id_that_nobody_else_has(self, bss, tenant, says):
        account, other = AccountFactory(), AccountFactory()

        answer = save(
            bss, account, microsoft_tenant_id=tenant.format(other=other.microsoft_tenant_id)
        )

        assert answer.status_code == 422
        assert says in error_at(answer, "microsoft_tenant_id")

    def test_what_its_books_hold_fast_is_shown_with_the_reason(self, bss, office):
        office.reservation()

        form = page(bss.get(edit_of(office.customer))).select_one("#account-form")

        assert form.find(attrs={"name": "currency"}) is None
        assert "amounts are never converted afterwards" in words(form)
        assert "Microsoft, which does not move them" in words(form)
        assert "no other may see" in words(form)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("currency", "USD"),
            ("microsoft_tenant_id", "3f6b1ad4-9ef1-4c95-90f2-3f4a8a2bd511"),
            ("reseller", "Fabrikam"),
        ],
    )
    def test_sent_all_the_same_it_is_refused_with_the_reason(self, bss, office, field, value):
        AccountFactory(reseller_account=True, name="Fabrikam")
        office.reservation()

        answer = save(bss, office.customer, **{field: value})

        assert answer.status_code == 422
        assert "Fixed:" in error_at(answer, field)

    def test_the_reseller_of_a_customer_that_never_ordered_changes(self, bss, office):
        fabrikam = AccountFactory(reseller_account=True, name="Fabrikam")
        SubscriptionFactory(account=office.customer)

        assert save(bss, office.customer, reseller="fabrikam").status_code == 303

        assert now_is(office.customer).tenant_id == fabrikam.id

    def test_the_second_of_two_editors_sees_the_difference(self, bss, office):
        second = typed(bss, office.customer, city="Thessaloniki")
        save(bss, office.customer, city="Piraeus")

        answer = bss.post(edit_of(office.customer), data=second)

        assert answer.status_code == 409
        assert "City Piraeus Thessaloniki" in words(page(answer).select_one("#edit-conflict table"))
        assert now_is(office.customer).city == "Piraeus"
        again = page(answer).find(attrs={"name": "version"})["value"]
        second["version"] = again
        assert bss.post(edit_of(office.customer), data=second).status_code == 303
        assert now_is(office.customer).city == "Thessaloniki"

    def test_the_same_form_sent_twice_is_saved_once(self, bss, office):
        sent = typed(bss, office.customer, city="Piraeus")

        answers = [bss.post(edit_of(office.customer), data=sent) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [303, 303]
        assert factories.session.query(AccountEvent).count() == 1


class TestNew:
    def sent(self, bss, **changes):
        found = page(bss.get(NEW)).select_one("#account-form")
        begun = {"csrf_token": found.find(id="csrf_token")["value"], "may_order": "y"}
        return {
            **begun,
            "is_active": "y",
            "country": "GR",
            "currency": "EUR",
            "timezone": "Europe/Athens",
            "language": "en",
            "price_list_id": "",
            **changes,
        }

    def test_an_end_customer_of_a_reseller(self, bss, office):
        sent = self.sent(
            bss, kind="end_customer", name="Helios Clinics", reseller="Northwind Cloud"
        )

        answer = bss.post(NEW, data=sent, follow_redirects=True)

        assert title(answer) == "Helios Clinics"
        account = factories.session.query(Account).filter_by(name="Helios Clinics").one()
        assert account.kind is AccountKind.END_CUSTOMER
        assert account.reseller_id == office.reseller.id
        event = factories.session.query(AccountEvent).filter_by(account_id=account.id).one()
        assert event.event == "created"

    @pytest.mark.parametrize("kind", ["reseller", "direct_customer"])
    def test_others_have_no_reseller(self, bss, kind):
        bss.post(NEW, data=self.sent(bss, kind=kind, name="Fabrikam", reseller="ignored"))

        account = factories.session.query(Account).filter_by(name="Fabrikam").one()
        assert (account.kind.value, account.reseller_id) == (kind, None)

    @pytest.mark.parametrize("kind", ["distributor", ""])
    def test_no_second_distributor_is_made(self, bss, kind):
        answer = bss.post(NEW, data=self.sent(bss, kind=kind, name="Fabrikam"))

        assert answer.status_code == 422

    def test_without_a_name_nothing_is_made_and_what_was_typed_stays(self, bss):
        answer = bss.post(NEW, data=self.sent(bss, kind="reseller", name="", city="Patras"))

        assert answer.status_code == 422
        assert error_at(answer, "name") == "Enter a name."
        assert page(answer).find(id="city")["value"] == "Patras"


def test_the_audit_log_tells_of_both(bss, office):
    save(bss, office.customer, city="Piraeus")

    entry = factories.session.query(AuditEntry).filter_by(event="account.changed").one()
    assert (entry.before, entry.after) == ({"City": "Athens"}, {"City": "Piraeus"})
    assert entry.object_id == office.customer.id
