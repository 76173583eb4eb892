"""Back office: the audit log's page, its files, and the state of its chain."""

import csv
import io

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.models import AuditEntry
from tests import factories
from tests.factories import MailFactory, UserFactory
from tests.support.back_office import staff, title
from tests.support.html import page, words

LOG = "/bss/audit/"


def log_in(client, email, password):
    client.get("/login")
    return client.post_form("/login", {"email": email, "password": password}, form_at="/login")


@pytest.fixture
def told(bss):
    """Two entries: a failed sign-in with a dangerous name, and a role that was changed."""
    user = UserFactory(email="buyer@aegean.example", role=Role.VIEWER)
    at = f"/bss/setup/users/{user.id}/"
    assert bss.post_form(f"{at}role", {"role": "buyer"}, form_at=at).status_code == 303
    return user


def test_the_log_shows_who_what_and_when(bss, told):
    answer = bss.get(LOG)

    assert title(answer) == "Audit log"
    text = words(page(answer).tbody)
    assert "User: role changed" in text
    assert "buyer@aegean.example" in text
    assert "viewer → buyer" in text
    assert "Eleni Papadaki" in text
    assert page(answer).select_one(f'tbody a[href="/bss/setup/users/{told.id}/"]')


def test_an_empty_log_says_so(bss):
    assert "Nothing is written down yet" in words(page(bss.get(LOG)).main)


def test_a_search_that_finds_nothing_says_so(bss, told):
    assert "No entries match" in words(page(bss.get(f"{LOG}?q=nobody-of-that-name")).main)


def test_unknown_filters_are_ignored_with_a_notice(bss, told):
    answer = bss.get(f"{LOG}?what=nothing&from=yesterday&q=%00%23" + "9" * 60)

    assert answer.status_code == 200
    assert "not understood" in words(page(answer).main)


def test_filters_are_combined(bss, told):
    assert "role changed" in words(page(bss.get(f"{LOG}?what=user&q=aegean")).main)
    assert "No entries match" in words(page(bss.get(f"{LOG}?what=order&q=aegean")).main)


def test_the_file_holds_the_filtered_rows_and_no_formula(bss, told, sandbox):
    factories.session.execute(
        sa.text("UPDATE users SET name = '=1+1' WHERE email = 'buyer@aegean.example'")
    )
    factories.session.commit()
    answer = bss.get(f"{LOG}?what=user&format=csv")

    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row[2] for row in rows[1:]] == ["User: role changed"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert bss.get(f"{LOG}?format=xlsx").data.startswith(b"PK")


def test_taking_a_list_away_is_itself_written_down(bss, told):
    bss.get("/bss/billing/assets/?q=aegean&format=csv").get_data()

    newest = factories.session.scalar(
        sa.select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)
    )
    assert (newest.event, newest.object_name) == ("list.exported", "assets")
    assert newest.after == {"format": "csv", "filters": "q=aegean"}


def test_the_button_checks_the_chain_and_the_page_keeps_the_outcome(bss, told):
    assert "not checked yet" in words(page(bss.get(LOG)).main)

    answer = bss.post_form(f"{LOG}check", form_at=LOG)

    assert answer.status_code == 303
    assert "The chain is whole: 1 entries" in words(page(bss.get(LOG)).main)


def test_the_page_says_where_the_chain_breaks(bss, told, owner_engine):
    with owner_engine.begin() as connection:
        connection.execute(sa.text("SELECT set_config('entrepot.scope', 'all', true)"))
        connection.execute(sa.text("ALTER TABLE audit_entries DISABLE TRIGGER append_only"))
        connection.execute(sa.text("UPDATE audit_entries SET actor = 'nobody'"))
        connection.execute(sa.text("ALTER TABLE audit_entries ENABLE TRIGGER append_only"))

    bss.post_form(f"{LOG}check", form_at=LOG)

    text = words(page(bss.get(LOG)).main)
    assert "The chain is broken" in text
    assert "Entry 1 was changed" in text


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING, Role.STAFF_PROVISIONING])
def test_only_administrators_see_the_log(client, sign_in, role):
    sign_in(staff(role))

    assert client.get(LOG).status_code == 403
    assert "Audit log" not in words(page(client.get("/bss/")).nav)


def test_the_list_costs_as_many_statements_for_many_as_for_one(bss, told, at_most):
    for _ in range(20):
        mail = MailFactory(state="failed")
        at = f"/bss/mail/{mail.id}/"
        bss.post_form(f"{at}retry", form_at=at)

    with at_most(7):
        bss.get(LOG)
