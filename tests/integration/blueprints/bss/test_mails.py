"""Back office: the mails, one of them, and trying again."""

import pytest

from app.domain.access import Role
from app.domain.mail import MailKind, MailState
from app.models import Mail
from app.services.one_time_links import LinkKey
from tests import factories
from tests.factories import AccountFactory, MailFactory, UserFactory, link_of
from tests.support.back_office import names, staff, title
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID

LIST = "/bss/mail/"


def at(mail):
    return f"{LIST}{mail.id}/"


def state_of(mail):
    factories.session.rollback()
    return factories.session.get_one(Mail, mail.id, populate_existing=True).state


@pytest.mark.parametrize("path", [LIST, f"{LIST}{NOBODYS_ID}/"])
def test_whoever_is_not_signed_in_is_asked_to(client, path):
    assert client.get(path).location.startswith("/login")


def test_a_mail_that_is_not_there_is_not_found(bss):
    assert bss.get(f"{LIST}{NOBODYS_ID}/").status_code == 404


def test_the_list_says_what_was_not_sent_and_why(bss):
    MailFactory(state=MailState.SENT)
    MailFactory(state=MailState.FAILED, to_name="Eleni", last_error="550 nobody of that name")

    answer = bss.get(f"{LIST}?status=unsent")

    assert title(answer) == "Mail"
    assert names(answer) == ["Your password was changed"]
    assert "550 nobody of that name" in words(page(answer).tbody)
    assert "Mail is not set up" in words(page(answer).main)


@pytest.mark.parametrize("q", ["eleni", "ELENI@aegean", "Foods"])
def test_the_search_looks_in_name_address_and_account(bss, q):
    account = AccountFactory(name="Aegean Foods")
    MailFactory(account=account, to_name="Eleni", to_address="eleni@aegean.example")
    MailFactory()

    assert len(page(bss.get(f"{LIST}?q={q}")).select("tbody tr")) == 1


def test_a_search_that_finds_nothing_says_so(bss):
    assert "No mails match" in words(page(bss.get(f"{LIST}?q=%25")).main)


def test_the_list_costs_as_many_statements_for_many_as_for_one(bss, at_most):
    for _ in range(30):
        MailFactory()

    with at_most(6):
        bss.get(LIST)


@pytest.mark.parametrize("state", [MailState.FAILED, MailState.UNCLEAR, MailState.WAITING])
def test_what_was_not_surely_sent_may_be_tried_again(bss, state):
    mail = MailFactory(state=state, attempts=9, next_run_at=None)

    answer = bss.post_form(f"{at(mail)}retry", form_at=at(mail))

    assert answer.status_code == 303
    assert state_of(mail) is MailState.WAITING


def test_a_sent_mail_is_not_sent_again(bss):
    mail = MailFactory(state=MailState.SENT)
    MailFactory()  # the list has a form

    answer = bss.post_form(f"{at(mail)}retry", form_at=LIST)

    assert answer.status_code == 409
    assert state_of(mail) is MailState.SENT


def test_all_that_surely_were_not_sent_are_tried_again_at_once(bss):
    failed, unclear = MailFactory(state=MailState.FAILED), MailFactory(state=MailState.UNCLEAR)

    answer = bss.post_form(f"{LIST}retry", form_at=LIST)

    assert answer.location == "/bss/mail/?status=unsent"
    assert (state_of(failed), state_of(unclear)) == (MailState.WAITING, MailState.UNCLEAR)


def test_support_reads_and_may_not_try_again(client, sign_in):
    sign_in(staff(Role.STAFF_SUPPORT))
    mail = MailFactory(state=MailState.FAILED)

    assert "Try again now" not in client.get(at(mail)).text
    assert client.post(f"{at(mail)}retry").status_code in {400, 403}
    assert state_of(mail) is MailState.FAILED


def test_a_page_never_shows_a_one_time_link(bss, app, settings):
    user = UserFactory(password_hash=None)
    link = link_of(user, LinkKey.from_encryption_key(settings.encryption_key))
    token = LinkKey.from_encryption_key(settings.encryption_key).token_of(link.id)
    facts = {"marketplace": "Entrepot", "account": "Aegean", "invited_by": "Nikos"}
    mail = MailFactory(kind=MailKind.INVITATION, link_id=link.id, facts=facts)

    shown = bss.get(at(mail)).text + bss.get(LIST).text

    assert token not in shown
    assert "(the link is not shown here)" in shown
