"""From what happened to mails: who is told what, in which language, never what is not theirs."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.database import db, transaction
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.languages import Language
from app.domain.mail import MailKind
from app.domain.orders import OrderStatus
from app.models import Mail, Notice
from app.services.expiry import expire_due_assets
from app.services.mail_rendering import as_sent
from app.services.mail_spread import spread_notices
from app.services.notices import tell
from app.services.orders import decline_order
from app.services.today import today
from tests import factories
from tests.factories import (
    AccountFactory,
    PurchaseFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.integration.authorization.world import BUYING, COST, build_world

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def world(app):
    world = build_world()
    factories.session.execute(sa.delete(Notice))  # those of the world's own invoices
    factories.session.commit()
    return world


def told(kind, owner, about, occasion=0):
    with transaction(SYSTEM_SCOPE) as session:
        tell(session, kind, owner, about, occasion=occasion)


def mails():
    factories.session.rollback()
    told_by_notices = Mail.kind != MailKind.PASSWORD_CHANGED  # of that kind are the world's own
    return factories.session.scalars(
        sa.select(Mail).where(told_by_notices).order_by(Mail.number)
    ).all()


def order_of(world, owner, **changes):
    order = factories.session.get_one(factories.Order, world.objects["order"][owner])
    for name, value in changes.items():
        setattr(order, name, value)
    factories.session.commit()
    return order


def sent(app, mail):
    return as_sent(mail, app.extensions["mail_room"])


@pytest.mark.parametrize("hides_prices", [False, True])
def test_an_end_customers_confirmation_knows_neither_cost_nor_the_resellers_price(
    app, world, hides_prices
):
    buyer = world.users["aegean_buyer"]
    order = order_of(world, "aegean", placed_by_id=buyer.id)
    world.accounts["aegean"].hides_prices = hides_prices
    factories.session.commit()
    told(MailKind.ORDER_CONFIRMATION, order, order.id)

    assert spread_notices() == 1

    (mail,) = mails()
    assert mail.to_address == buyer.email
    message = sent(app, mail)
    for words in (message.text, message.html, str(mail.facts)):
        plain = words.replace(",", "")
        assert f"{COST:f}"[:7] not in plain
        assert f"{BUYING:f}"[:7] not in plain
        assert ("9100.00" in plain) is not hides_prices


def test_who_places_an_order_is_told_once_however_many_dispatchers_there_are(app, world):
    order = order_of(world, "kalamata", placed_by_id=world.users["kalamata_administrator"].id)
    for _ in range(2):
        told(MailKind.ORDER_CONFIRMATION, order, order.id)

    def spread(_n):
        with app.app_context():
            made = spread_notices()
            db.session.remove()
            return made

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(spread, range(12)))

    assert sum(made) == 1
    assert len(mails()) == 1


def test_approval_is_asked_of_the_resellers_administrators_alone(app, world):
    order = order_of(world, "aegean", status=OrderStatus.PENDING_APPROVAL, executed_at=None)
    told(MailKind.APPROVAL_WANTED, order, order.id)

    spread_notices()

    (mail,) = mails()
    assert mail.to_address == world.users["northwind_administrator"].email
    assert mail.account_id == world.accounts["northwind"].id
    assert f"/orders/{order.id}/" in sent(app, mail).text


def test_nobody_is_asked_about_an_order_that_does_not_wait_any_more(world):
    order = order_of(world, "aegean", status=OrderStatus.DECLINED)
    told(MailKind.APPROVAL_WANTED, order, order.id)

    assert spread_notices() == 0
    assert factories.session.scalars(sa.select(Notice.spread_at)).one() is not None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "was declined"),
        ("el", "απορρίφθηκε"),
        ("de", "wurde abgelehnt"),
    ],
)
def test_whoever_placed_an_order_is_told_that_it_was_declined_and_why(app, world, language, words):
    buyer = world.users["aegean_administrator"]
    buyer.language = Language(language)
    order = order_of(
        world,
        "aegean",
        status=OrderStatus.PENDING_APPROVAL,
        placed_by_id=buyer.id,
        placed_at=sa.func.now(),
        executed_at=None,
    )

    decline_order(viewer_of(world.users["northwind_administrator"]), order.id, "Over budget")
    spread_notices()

    (mail,) = mails()
    assert mail.to_address == buyer.email
    assert words in sent(app, mail).subject
    assert "Over budget" in sent(app, mail).text
    assert f"/orders/{order.id}/" in sent(app, mail).text


def failed_asset():
    asset = SoftwareSubscriptionFactory(failed=True)
    purchase = PurchaseFactory(
        asset=asset, state="failed", order_id=None, error_code="800010", error_message="No stock"
    )
    return asset, purchase


def test_failures_are_told_to_staff_who_can_cure_them_the_next_ones_together(app):
    staff = {
        role: UserFactory(role=role, account=distributor()) for role in Role if "staff" in role
    }
    UserFactory(role=Role.STAFF_ADMINISTRATOR, account=distributor(), is_active=False)
    UserFactory()
    asset, purchase = failed_asset()
    told(MailKind.PROVISIONING_FAILED, purchase, purchase.id, occasion=1)

    assert spread_notices() == 2
    told_to = {mail.to_address for mail in mails()}
    assert told_to == {staff[Role.STAFF_ADMINISTRATOR].email, staff[Role.STAFF_PROVISIONING].email}
    assert "No stock" in sent(app, mails()[0]).text
    assert f"/bss/billing/assets/{asset.id}/" in sent(app, mails()[0]).text

    for occasion in (2, 3):
        _, purchase = failed_asset()
        told(MailKind.PROVISIONING_FAILED, purchase, purchase.id, occasion=occasion)
    assert spread_notices() == 0  # a mail went out just now

    age_mails()
    assert spread_notices() == 2
    assert {mail.facts["count"] for mail in mails()[2:]} == {2}


def distributor():
    found = factories.session.query(factories.Account).filter_by(kind="distributor").one_or_none()
    return found or AccountFactory(distributor=True)


def age_mails():
    factories.session.execute(
        sa.update(Mail).values(created_at=Mail.created_at - sa.text("interval '6 minutes'"))
    )
    factories.session.commit()


def test_who_owns_what_expired_is_told_in_one_mail_in_their_own_language(app):
    reseller = AccountFactory(reseller_account=True, language=Language.DE)
    customer = AccountFactory.customer_of(reseller, language=Language.EL, name="Aegean Foods")
    in_greek = UserFactory(account=customer)
    in_english = UserFactory(account=customer, language=Language.EN)
    in_german = UserFactory(account=reseller)
    UserFactory(account=customer, role=Role.BUYER)
    UserFactory()
    day = today(factories.session)
    for _ in range(25):
        PurchaseFactory(asset=ReservationFactory(account=customer, expires_on=day))
    factories.session.commit()

    expire_due_assets(day)
    spread_notices()

    by_address = {mail.to_address: sent(app, mail) for mail in mails()}
    assert set(by_address) == {user.email for user in (in_greek, in_english, in_german)}
    assert by_address[in_english.email].subject == "25 assets of Aegean Foods have expired"
    subjects = {message.subject for message in by_address.values()}
    assert len(subjects) == 3
    assert "And 5 more." in by_address[in_english.email].text
    assert expire_due_assets(day) == 0
    assert spread_notices() == 0


def test_what_was_rolled_back_is_not_told(world):
    order = order_of(world, "aegean")
    with transaction(SYSTEM_SCOPE) as session:
        tell(session, MailKind.ORDER_CONFIRMATION, order, order.id)
        session.rollback()

    assert spread_notices() == 0


def test_a_customer_whose_order_waits_writes_a_notice_without_seeing_its_reseller(app, world):
    """Row-level security holds: the notice is the customer's own row."""
    order = order_of(world, "helios")
    viewer = factories.viewer_of(world.users["helios_administrator"])
    with transaction(viewer.scope) as session:
        tell(session, MailKind.APPROVAL_WANTED, order, order.id)

    notice = factories.session.scalars(sa.select(Notice)).one()
    assert notice.account_id == world.accounts["helios"].id


def test_prices_stay_decimal_to_the_cent_in_every_language(app, world):
    order = order_of(world, "kalamata", placed_by_id=world.users["kalamata_administrator"].id)
    told(MailKind.ORDER_CONFIRMATION, order, order.id)
    spread_notices()
    (mail,) = mails()

    assert Decimal(mail.facts["gross"]) == Decimal(mail.facts["net"]) + sum(
        Decimal(vat) for _rate, vat in mail.facts["vat"]
    )
    assert "€8,264.91" in sent(app, mail).text
    mail.language = Language.DE
    assert "8.264,91\N{NO-BREAK SPACE}€" in sent(app, mail).text
