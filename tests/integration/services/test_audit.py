"""The audit log: in the transaction of what it tells, never changed, chained, and checked."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from app.database import db, reading, transaction
from app.domain.access import SIGN_IN_SCOPE, SYSTEM_SCOPE, Role
from app.domain.audit import GENESIS, AuditEvent, entry_hash
from app.domain.errors import InvalidError
from app.domain.purchase_guards import SpendLimits
from app.models import AuditEntry
from app.services import audit_search
from app.services.audit import Subject, audit, content_of
from app.services.audit_chain import check_chain
from app.services.audit_log import AuditQuery, export_entries, list_entries
from app.services.customer_terms import AgreedTerms, save_terms
from app.services.passwords import hash_password
from app.services.sign_in import sign_in, sign_out
from app.services.spend_limits import set_limits
from app.services.taxes import TaxRuleEdit, save_tax_rule
from tests.factories import AccountFactory, UserFactory, viewer_of
from tests.support.back_office import staff

pytestmark = pytest.mark.usefixtures("app_context")

THING = Subject(kind="product", name="A product")


@pytest.fixture
def eleni(app):
    return viewer_of(staff())


def write(viewer, event=AuditEvent.PRODUCT_PUBLISHED, *, scope=SYSTEM_SCOPE, **more):
    with transaction(scope) as session:
        audit(session, viewer, event, more.pop("about", THING), **more)


def write_and_refuse(viewer):
    with transaction(viewer.scope) as session:
        audit(session, viewer, AuditEvent.PRODUCT_HIDDEN, THING)
        raise InvalidError("no")


def as_owner(engine, statement):
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT set_config('entrepot.scope', 'all', true)"))
        connection.execute(sa.text(statement))


def entries():
    session = reading(SYSTEM_SCOPE)
    session.rollback()
    return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()


def tamper(engine, statement):
    """As whoever owns the database can."""
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT set_config('entrepot.scope', 'all', true)"))
        connection.execute(sa.text("ALTER TABLE audit_entries DISABLE TRIGGER append_only"))
        connection.execute(sa.text(statement) if isinstance(statement, str) else statement)
        connection.execute(sa.text("ALTER TABLE audit_entries ENABLE TRIGGER append_only"))


def test_an_entry_says_who_did_what_to_what_and_what_was_before(eleni):
    save_tax_rule(eleni, TaxRuleEdit(country="GR", product_kind=None, rate=Decimal(24)))

    (entry,) = entries()
    assert (entry.event, entry.object_kind, entry.object_name) == (
        "setup.tax_rule_saved",
        "tax rule",
        "GR",
    )
    assert (entry.actor, entry.actor_email, entry.actor_id) == (
        eleni.name,
        eleni.email,
        eleni.user_id,
    )
    assert (entry.before, entry.after) == ({}, {"country": "GR", "rate": "24"})


def test_only_what_differs_is_kept(eleni):
    write(eleni, change=({"a": 1, "b": Decimal("2.50")}, {"a": 1, "b": Decimal("2.5"), "c": None}))
    write(eleni, change=({"a": Role.BUYER}, {"a": Role.VIEWER}))

    first, second = entries()
    assert (first.before, first.after) == ({}, {})
    assert (second.before, second.after) == ({"a": "buyer"}, {"a": "viewer"})


@pytest.mark.parametrize("field", ["password", "client_secret", "refresh_token", "card_number"])
def test_secrets_are_refused_by_their_name(eleni, field):
    with pytest.raises(ValueError, match="does not belong"):
        write(eleni, change=({}, {field: "x"}))

    assert entries() == []


def test_what_is_rolled_back_was_never_written(eleni):
    with pytest.raises(InvalidError):
        write_and_refuse(eleni)
    write(eleni)

    assert [entry.event for entry in entries()] == ["product.published"]


def test_outside_a_transaction_nothing_is_written(eleni):
    with pytest.raises(RuntimeError):
        audit(reading(SYSTEM_SCOPE), eleni, AuditEvent.PRODUCT_HIDDEN, THING)


def test_a_customers_transaction_writes_what_it_may_not_read(app):
    buyer = viewer_of(UserFactory(account=AccountFactory()))

    write(buyer, scope=buyer.scope)

    assert len(entries()) == 1
    assert reading(buyer.scope).scalars(sa.select(AuditEntry)).all() == []
    assert reading(SIGN_IN_SCOPE).scalars(sa.select(AuditEntry)).all() == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_entries"],
)
def test_no_entry_is_changed_or_removed(eleni, owner_engine, statement):
    write(eleni)
    with pytest.raises(DatabaseError, match="permission denied"):
        reading(SYSTEM_SCOPE).execute(sa.text(statement))
    reading(SYSTEM_SCOPE).rollback()

    with pytest.raises(DatabaseError, match="append-only"):
        as_owner(owner_engine, statement)


def test_the_chain_is_made_over_every_field_and_the_hash_before(eleni):
    write(eleni)
    write(eleni, reason="Ελένη ☂\0")

    first, second = entries()
    assert first.hash == entry_hash(GENESIS, content_of(first))
    assert second.hash == entry_hash(first.hash, content_of(second))
    columns = {column.key for column in AuditEntry.__table__.columns}
    assert set(content_of(second)) == columns - {"hash"}


def test_a_file_goes_on_after_its_request_and_holds_no_transaction_open(eleni, at_most):
    for _ in range(130):
        write(eleni)

    rows = export_entries(eleni, AuditQuery())
    first = next(rows)
    db.session.remove()  # as the end of a request does, while the file is still being sent
    with at_most(1):
        more = [next(rows) for _ in range(120)]

    assert [row.number for row in (first, *more)] == list(range(130, 9, -1))
    assert not db.session().in_transaction()


def test_a_whole_chain_is_whole(eleni):
    for _ in range(3):
        write(eleni, change=({"quantity": 1}, {"quantity": 2, "tags": ["a", "b"], "is_new": True}))

    chain = check_chain()

    assert chain.is_whole
    assert (chain.entries, chain.checked_entries, chain.broken_number) == (3, 3, None)


@pytest.mark.parametrize(
    ("statement", "number", "words"),
    [
        ("UPDATE audit_entries SET actor = 'nobody' WHERE number = 2", 2, "was changed"),
        ("UPDATE audit_entries SET after = '{\"x\": 2}' WHERE number = 3", 3, "was changed"),
        ("UPDATE audit_entries SET at = at - interval '1 day' WHERE number = 1", 1, "was changed"),
        ("DELETE FROM audit_entries WHERE number = 2", 2, "is missing"),
        ("DELETE FROM audit_entries WHERE number >= 3", 3, "newest entries are missing"),
        (
            "UPDATE audit_entries SET actor = 'x', hash = md5('x') WHERE number = 2",
            2,
            "was changed",
        ),
    ],
    ids=["actor", "after", "at", "gap", "tail", "exchanged"],
)
def test_a_check_says_where_the_chain_breaks(eleni, owner_engine, statement, number, words):
    for _ in range(4):
        write(eleni)
    tamper(owner_engine, statement)

    chain = check_chain()

    assert not chain.is_whole
    assert chain.broken_number == number
    assert words in chain.problem


def test_who_writes_the_whole_chain_anew_is_found_by_its_end(eleni, owner_engine):
    write(eleni)
    (entry,) = entries()
    content = content_of(entry) | {"actor": "nobody"}
    forged = entry_hash(GENESIS, content)
    tamper(owner_engine, "UPDATE audit_entries SET actor = 'nobody'")
    tamper(owner_engine, sa.update(AuditEntry).values(hash=forged))

    assert check_chain().problem == "The whole chain was written anew."


def test_many_at_once_make_one_chain_without_gaps(the_app, eleni):
    """Forty transactions on eight threads; each waits for nobody while it holds the chain."""

    def one(number):
        with the_app.app_context():
            write(eleni, reason=str(number))
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))

    assert [entry.number for entry in entries()] == list(range(1, 41))
    assert {entry.reason for entry in entries()} == {str(number) for number in range(40)}
    assert check_chain().is_whole


def test_signing_in_and_failing_to_is_written(app):
    user = UserFactory(password_hash=hash_password("a right password"))

    token = sign_in(user.email, "a right password", address="192.0.2.7", browser=None)
    sign_out(token)
    assert sign_in(user.email, "wrong", address="192.0.2.7", browser=None) is None

    assert [(entry.event, entry.object_id) for entry in entries()] == [
        ("sign_in.done", user.id),
        ("sign_in.ended", user.id),
        ("sign_in.failed", user.id),
    ]
    assert entries()[2].after == {"address": "192.0.2.7"}


def test_what_is_typed_where_nobody_is_known_is_not_kept(app):
    sign_in("my secret password", "x", address=None, browser=None)

    (entry,) = entries()
    assert entry.object_name == "an unknown e-mail"
    assert "my secret" not in str(vars(entry))


def test_limits_are_told_with_before_and_after(eleni):
    set_limits(eleni, SpendLimits(currency="EUR", altogether=Decimal(500)))

    (entry,) = entries()
    assert (entry.before, entry.after) == ({"altogether": None}, {"altogether": "500"})


def search(eleni, wanted):
    write(eleni)
    write(eleni, AuditEvent.ORDER_DECLINED, reason="A special reason")

    page = list_entries(eleni, wanted)
    assert page.total == len(page.items)
    return page.total


SEARCHES = pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditQuery(q="papadaki"), 2),
        (AuditQuery(q="special REASON"), 1),
        (AuditQuery(q="special papadaki"), 1),
        (AuditQuery(q="nobody"), 0),
        (AuditQuery(q="special nobody"), 0),
        (AuditQuery(q="%"), 0),
        (AuditQuery(q="#2"), 1),
        (AuditQuery(q="#2 special"), 1),
        (AuditQuery(group="product"), 1),
        (AuditQuery(event=AuditEvent.ORDER_DECLINED), 1),
    ],
    ids=[
        "who",
        "reason",
        "both",
        "none",
        "one of two",
        "a sign",
        "number",
        "number and word",
        "group",
        "event",
    ],
)


@SEARCHES
def test_the_log_is_searched(eleni, wanted, found):
    assert search(eleni, wanted) == found


@SEARCHES
@pytest.mark.parametrize("most", [5000, 0], ids=["looked up", "too common to look up"])
def test_among_many_entries_the_same_is_found(eleni, monkeypatch, most, wanted, found):
    monkeypatch.setattr(audit_search, "_FEW_ENTRIES", 0)
    monkeypatch.setattr(audit_search, "_MOST_FOUND", most)

    assert search(eleni, wanted) == found


def test_the_log_is_searched_by_any_id_and_by_day(eleni):
    account = AccountFactory()
    write(eleni, about=Subject(kind="account", name="A", id=account.id, account_id=account.id))
    write("the schedule")
    today = entries()[0].at.date()

    assert list_entries(eleni, AuditQuery(q=str(account.id))).total == 1
    assert list_entries(eleni, AuditQuery(q=str(eleni.user_id))).total == 1
    assert list_entries(eleni, AuditQuery(since=today, until=today)).total == 2
    assert list_entries(eleni, AuditQuery(until=today.replace(year=today.year - 1))).total == 0


def test_what_a_reseller_agrees_is_told_by_the_reseller_itself(app):
    reseller = AccountFactory(reseller_account=True)
    customer = AccountFactory.customer_of(reseller)
    admin = viewer_of(UserFactory(account=reseller, role=Role.ADMINISTRATOR))
    agreed = AgreedTerms(markup=Decimal(5), hides_prices=True, needs_approval=False)

    save_terms(admin, customer.id, agreed)

    (entry,) = entries()
    assert (entry.actor_id, entry.about_account_id) == (admin.user_id, customer.id)
    assert entry.after == {"markup": "5", "hides_prices": True}
