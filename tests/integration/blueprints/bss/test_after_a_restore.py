"""Back office: what a restore leaves to people: held mails, the last numbers, lost invoices."""

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.assets import AssetOrigin, AssetStatus
from app.domain.invoices import InvoiceKind
from app.domain.mail import MailState
from app.models import AuditEntry, Control, Invoice, Mail, Notice, Order
from app.services.alerts import keep_alerts
from app.services.control import may_dispatch
from tests import factories
from tests.factories import AccountFactory, MailFactory, OrderFactory
from tests.support.back_office import staff
from tests.support.html import page, words

NUMBERS = "/bss/billing/invoices/numbers"
MAILS = "/bss/mail/"


@pytest.fixture(autouse=True)
def known(app):
    """The distributor, in a database that is known."""
    AccountFactory(distributor=True)
    with app.app_context():
        assert may_dispatch(1)


def restore():
    """As if this were another PostgreSQL."""
    factories.session.execute(sa.update(Control).values(numbers_database="1/1/1"))
    factories.session.commit()


def number(sequence, kind=InvoiceKind.INVOICE):
    return f"{kind.series(factories.NOW.date())}-{sequence:06d}"


def last(invoice, credit_note=0):
    note = number(credit_note, InvoiceKind.CREDIT_NOTE)
    return {"invoice": number(invoice), "credit_note": note}


def token_of(answer):
    return page(answer).select_one('main [name="csrf_token"]')["value"]


def stored(model):
    factories.session.rollback()
    factories.session.expire_all()
    return factories.session.query(model).all()


# ----------------------------------------------------------------------------- held mails


def held(count=2):
    return [MailFactory(state=MailState.HELD, next_run_at=None) for _ in range(count)]


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ("send", MailState.WAITING, "2 mails are sent now"),
        ("drop", MailState.DROPPED, "2 mails are dropped"),
    ],
)
def test_all_that_is_held_is_sent_or_dropped_by_one_button(bss, answer, state, said):
    held()
    assert "2 mails waited when the backup was made" in words(page(bss.get(MAILS)).main)

    done = bss.post_form(f"{MAILS}held", {"answer": answer}, form_at=MAILS)

    assert done.status_code == 303
    assert {mail.state for mail in stored(Mail)} == {state}
    shown = words(page(bss.get(done.location)).body)
    assert said in shown
    assert "from before the restore" not in shown


def test_without_an_answer_nothing_happens_to_them(bss):
    held()

    done = bss.post_form(f"{MAILS}held", {}, form_at=MAILS)

    assert done.status_code == 422
    assert "Choose whether they are sent or dropped" in words(page(done).main)
    assert {mail.state for mail in stored(Mail)} == {MailState.HELD}


def test_one_that_is_held_is_sent_or_dropped_on_its_page(bss):
    sent, dropped = held()
    assert "Held since the restore" in words(page(bss.get(f"{MAILS}{sent.id}/")).main)

    bss.post_form(f"{MAILS}{sent.id}/retry", form_at=f"{MAILS}{sent.id}/")
    bss.post_form(f"{MAILS}{dropped.id}/drop", form_at=f"{MAILS}{dropped.id}/")

    states = {mail.id: mail.state for mail in stored(Mail)}
    assert states == {sent.id: MailState.WAITING, dropped.id: MailState.DROPPED}
    assert "Drop it" not in bss.get(f"{MAILS}{dropped.id}/").text


def test_support_reads_that_they_are_held_and_decides_nothing(client, sign_in):
    sign_in(staff(Role.STAFF_SUPPORT))
    held()

    shown = client.get(MAILS).text

    assert "Mails from before the restore" in shown
    assert "Drop all of them" not in shown


# ----------------------------------------------------------------------- the last numbers


def test_the_alert_leads_whoever_bills_to_the_form(app, client, sign_in):
    restore()
    with app.app_context():
        keep_alerts()

    sign_in(staff(Role.STAFF_BILLING))
    assert f'href="{NUMBERS}"' in client.get("/bss/").text
    sign_in(staff(Role.STAFF_SUPPORT))
    shown = client.get("/bss/").text
    assert "Invoices wait" in shown
    assert f'href="{NUMBERS}"' not in shown


def test_whoever_bills_confirms_the_last_numbers(sign_in, office):
    order = OrderFactory(account=office.reseller, invoice_is_held=True)
    office.reservation(order_id=order.id)
    restore()
    client = sign_in(staff(Role.STAFF_BILLING))
    form = page(client.get(NUMBERS))
    assert "1 order waits for its invoice" in words(form.main)
    assert number(0) in words(form.main)
    assert form.find(id="invoice")["value"] == ""  # what is in doubt is not offered

    done = client.post_form(NUMBERS, last(57, credit_note=3), form_at=NUMBERS)

    assert done.status_code == 303
    (invoice,) = stored(Invoice)
    assert invoice.number == number(58)
    shown = words(page(client.get(done.location)).body)
    assert "1 that waited is issued" in shown
    assert "60 numbers were given out that this database does not know" in shown
    assert "Nothing is to be confirmed" in client.get(NUMBERS).text
    (entry,) = factories.session.query(AuditEntry).filter_by(event="invoice.numbers_confirmed")
    assert entry.actor


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "invoice", "Enter the number"),
        ({**last(1), "invoice": "57"}, "invoice", "57 is no number of an invoice"),
        ({**last(1), "credit_note": number(3)}, "credit_note", "the number of the other kind"),
        ({**last(1), "invoice": "INV-2019-000057"}, "invoice", "Say the last number of INV"),
    ],
    ids=["nothing", "no number", "the other kind", "another year"],
)
def test_a_wrong_number_is_said_at_its_field_and_kept(bss, sent, field, said):
    restore()

    answer = bss.post_form(NUMBERS, sent, form_at=NUMBERS)

    assert answer.status_code == 422
    assert said in words(page(answer).find(id=f"{field}-error"))
    assert page(answer).find(id=field)["value"] == sent.get(field, "")
    assert "Invoices wait" in bss.get(NUMBERS).text


def test_where_nothing_was_restored_there_is_nothing_to_confirm(bss):
    assert "Nothing is to be confirmed" in bss.get(NUMBERS).text

    restore()
    form = {**last(5), "csrf_token": token_of(bss.get(NUMBERS))}
    assert bss.post_form(NUMBERS, last(5), form_at=NUMBERS).status_code == 303
    again = bss.post(NUMBERS, data=form)
    assert again.status_code == 422
    assert "The numbers are sure" in words(page(again).main)


# ------------------------------------------------------------------- invoices that are lost


@pytest.fixture
def found(office):
    """What a restore lost and reconciliation has made again."""
    return office.reservation(
        origin=AssetOrigin.FOUND_AT_MICROSOFT, microsoft_order_id="0123456789ab", order_id=None
    )


def at(asset):
    return f"/bss/billing/assets/{asset.id}/invoice"


def test_what_was_found_again_is_invoiced_once_by_whoever_bills(sign_in, office, found):
    client = sign_in(staff(Role.STAFF_BILLING))
    asset_page = f"/bss/billing/assets/{found.id}/"
    assert f'href="{at(found)}"' in client.get(asset_page).text
    asked = words(page(client.get(at(found))).main)
    assert office.reseller.name in asked

    unsure = client.post_form(at(found), {}, form_at=at(found))
    assert unsure.status_code == 422
    assert stored(Invoice) == []
    done = client.post_form(at(found), {"is_not_invoiced": "y"}, form_at=at(found))

    (invoice,) = stored(Invoice)
    assert done.location.endswith(f"/bss/billing/invoices/{invoice.id}/")
    assert (invoice.account_id, invoice.order_number) == (office.reseller.id, "0123456789ab")
    assert invoice.net == found.buying_net
    assert [notice.about_id for notice in stored(Notice)] == [invoice.id]
    assert f'href="{at(found)}"' not in client.get(asset_page).text
    assert invoice.number in client.get(asset_page).text
    assert client.get(at(found)).status_code == 409


def test_until_the_numbers_are_confirmed_it_gets_no_invoice(bss, found):
    restore()

    answer = bss.post_form(at(found), {"is_not_invoiced": "y"}, form_at=at(found))

    assert answer.status_code == 422
    assert "The database was restored" in words(page(answer).find(id="error-summary"))
    assert stored(Invoice) == []


def test_what_was_ordered_here_or_cancelled_is_not_invoiced_so(bss, office):
    ordered = office.reservation()
    cancelled = office.reservation(origin=AssetOrigin.ADOPTED, status=AssetStatus.CANCELLED)

    assert bss.get(at(ordered)).status_code == 409
    assert bss.get(at(cancelled)).status_code == 409
    assert "Make its invoice" not in bss.get(f"/bss/billing/assets/{ordered.id}/").text


def test_staff_who_do_not_bill_are_not_offered_it(client, sign_in, found):
    sign_in(staff(Role.STAFF_PROVISIONING))

    assert "Make its invoice" not in client.get(f"/bss/billing/assets/{found.id}/").text
    assert client.get(at(found)).status_code == 403
    assert stored(Order) == []
