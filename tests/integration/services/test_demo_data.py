"""The demo data, line by line as the public contract promises it."""

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app import create_app
from app.config import Settings
from app.database import db, reading, transaction
from app.domain.access import SYSTEM_SCOPE, AccountKind, Role
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus
from app.domain.errors import ConflictError
from app.domain.purchase import PurchaseState
from app.models import (
    Account,
    Asset,
    AssetTotal,
    MarketplaceOptions,
    Order,
    PriceList,
    Purchase,
    Reservation,
    Sku,
    SoftwareSubscription,
    Subscription,
    TaxRule,
    User,
)
from app.services import purchases
from app.services.asset_editing import AssetEdit, save_asset
from app.services.demo_data import load_demo_data
from app.services.sign_in import sign_in, viewer_of_session
from tests.factories import AccountFactory

ENTREPOT = str(Path(sys.executable).with_name("entrepot"))
SPECIAL = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
PASSWORD = "entrepot-demo"


@pytest.fixture(scope="module")
def demo_app(servers):
    """An app on a database of its own, with the demo loaded once for all tests here."""
    admin = sa.create_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    name = f"demo_{uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = sa.make_url(servers.database_url).set(database=name)
    environment = servers.environment(
        ENTREPOT_ENV="test", DATABASE_URL=url.render_as_string(hide_password=False)
    )
    migrate = [ENTREPOT, "migrate"]
    subprocess.run(migrate, env=os.environ | environment, check=True, timeout=60)  # noqa: S603
    app = create_app(Settings.from_env(environment))
    with app.app_context():
        assert load(app)
        yield app
        db.session.remove()
        db.engine.dispose()
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def load(app):
    return load_demo_data(app.extensions["purchase_driver"].partner_center)


@pytest.fixture
def session(demo_app, sandbox):
    session = reading(SYSTEM_SCOPE)
    session.rollback()
    return session


def account(session, name):
    return session.query(Account).filter_by(name=name).one()


def assets_of(session, name):
    return session.query(Asset).filter_by(account_id=account(session, name).id).all()


def viewer_for(email):
    token = sign_in(email, PASSWORD, address=None, browser=None)
    return viewer_of_session(token, idle_limit=dt.timedelta(hours=1)).viewer


@pytest.mark.parametrize(
    ("email", "kind", "account_name", "role"),
    [
        (
            "admin@entrepot.example",
            AccountKind.DISTRIBUTOR,
            "Entrepot",
            Role.STAFF_ADMINISTRATOR,
        ),
        ("support@entrepot.example", AccountKind.DISTRIBUTOR, "Entrepot", Role.STAFF_SUPPORT),
        (
            "reseller@northwind.example",
            AccountKind.RESELLER,
            "Northwind Cloud",
            Role.ADMINISTRATOR,
        ),
        (
            "buyer@aegean.example",
            AccountKind.END_CUSTOMER,
            "Aegean Foods S.A.",
            Role.ADMINISTRATOR,
        ),
        ("reseller@fabrikam.example", AccountKind.RESELLER, "Fabrikam Cloud", Role.ADMINISTRATOR),
        (
            "owner@kalamata.example",
            AccountKind.DIRECT_CUSTOMER,
            "Kalamata Estates",
            Role.ADMINISTRATOR,
        ),
    ],
)
def test_everybody_of_the_table_signs_in(session, email, kind, account_name, role):
    viewer = viewer_for(email)

    assert (viewer.account_kind, viewer.account_name, viewer.role) == (kind, account_name, role)


def test_every_sign_in_is_marked_as_demo(session):
    assert {user.is_demo for user in session.query(User)} == {True}


@pytest.mark.parametrize(
    ("reseller", "customers"),
    [
        ("Northwind Cloud", {"Aegean Foods S.A.", "Helios Clinics Ltd"}),
        ("Fabrikam Cloud", {"Thistle & Vane LLP"}),
    ],
)
def test_resellers_have_their_customers(session, reseller, customers):
    found = session.query(Account).filter_by(reseller_id=account(session, reseller).id)

    assert {customer.name for customer in found} == customers


def test_greece_euro_vat_24_without_vat_and_viewers_may_switch(session):
    options = session.query(MarketplaceOptions).one()
    rule = session.query(TaxRule).one()

    assert (options.country, options.currency) == ("GR", "EUR")
    assert (options.shows_vat, options.viewers_may_switch_vat) == (False, True)
    assert (rule.country, rule.product_kind, rule.rate) == ("GR", None, 24)
    assert {found.currency for found in session.query(Account)} == {"EUR"}


def test_northwind_adds_nothing_for_aegean_and_ten_per_cent_for_helios(session):
    assert account(session, "Northwind Cloud").default_markup == 0
    assert account(session, "Aegean Foods S.A.").markup is None
    assert account(session, "Helios Clinics Ltd").markup == 10
    for asset in assets_of(session, "Aegean Foods S.A."):
        assert asset.selling_unit_price == asset.buying_unit_price
    for asset in assets_of(session, "Helios Clinics Ltd"):
        expected = (asset.buying_unit_price * Decimal("1.1")).quantize(Decimal("0.01"))
        assert abs(asset.selling_unit_price - expected) <= Decimal("0.01")


def test_helios_needs_approval_and_aegean_does_not(session):
    assert account(session, "Helios Clinics Ltd").needs_approval
    assert not account(session, "Aegean Foods S.A.").needs_approval


def test_there_is_a_default_price_list_without_a_discount(session):
    price_list = session.query(PriceList).one()

    assert (price_list.is_default, price_list.discount_percent) == (True, 0)


def test_every_account_but_the_distributor_has_an_azure_plan(session):
    with_plan = {plan.account_id for plan in session.query(Subscription)}

    for found in session.query(Account):
        assert (found.id in with_plan) == (found.kind is not AccountKind.DISTRIBUTOR)


@pytest.mark.parametrize("kind", list(AssetKind))
@pytest.mark.parametrize("status", list(AssetStatus))
def test_there_is_every_kind_in_every_status(session, kind, status):
    assert session.query(Asset).filter_by(kind=kind, status=status).count() > 0


@pytest.mark.parametrize("kind", list(AssetKind))
def test_something_expires_soon(session, kind):
    soon = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    expiring = session.query(Asset).filter(
        Asset.kind == kind, Asset.status == AssetStatus.ACTIVE, Asset.expires_on <= soon
    )

    assert expiring.count() > 0


def test_the_special_reservation_has_its_exact_numbers(session):
    asset = (
        session.query(Reservation)
        .filter_by(name=SPECIAL, account_id=account(session, "Aegean Foods S.A.").id)
        .one()
    )

    assert (asset.quantity, asset.discount_percent) == (7, Decimal("12.5"))
    for side in ("buying", "selling"):
        assert getattr(asset, f"{side}_unit_price") == Decimal("123.45")
        net, vat = getattr(asset, f"{side}_net"), getattr(asset, f"{side}_vat")
        assert (net, net + vat) == (Decimal("756.13"), Decimal("937.60"))
    assert asset.status is AssetStatus.ACTIVE


def test_what_is_bought_carries_microsofts_ids(session):
    for purchase in session.query(Purchase).filter_by(state=PurchaseState.SYNCHRONIZED):
        asset = session.get_one(Asset, purchase.asset_id)
        assert purchase.own_ref.startswith("DEMO-")
        assert purchase.order_id == asset.microsoft_order_id
        assert purchase.next_run_at is None
        assert asset.microsoft_order_alias
        assert asset.purchased_at == asset.microsoft_ordered_at
    for reservation in session.query(Reservation).filter_by(
        provisioning_sync_status=ProvisioningSyncStatus.SYNCHRONIZED
    ):
        assert reservation.reservation_id
        assert reservation.reservation_order_id
        assert reservation.reservation_id in reservation.microsoft_ids


def test_perpetual_software_never_expires(session):
    perpetual = session.query(SoftwareSubscription).filter_by(term_duration=None).one()

    assert perpetual.expires_on is None
    assert perpetual.status is AssetStatus.ACTIVE


def test_every_asset_comes_from_an_executed_order(session):
    assert {order.status for order in session.query(Order)} == {"executed"}
    for asset in session.query(Asset):
        assert asset.order_id
        assert session.get_one(Order, asset.order_id).executed_at == asset.purchased_at


def test_numbers_follow_the_dates(session):
    dates = [asset.purchased_at for asset in session.query(Asset).order_by(Asset.number)]

    assert dates == sorted(dates)


def test_the_catalogue_is_there_with_prices(session):
    for kind in AssetKind:
        assert session.query(Sku).filter(Sku.kind == kind, Sku.cost.is_not(None)).count() > 10


def test_the_kept_totals_agree(session):
    counted = sum(total.assets for total in session.query(AssetTotal))

    assert counted == session.query(Asset).count()


def test_loading_again_changes_nothing(demo_app, session):
    before = session.query(Asset).count()

    assert not load(demo_app)
    assert session.query(Asset).count() == before


def test_the_failed_reservation_is_cured_by_the_other_plan(demo_app, session, sandbox):
    purchase = session.query(Purchase).filter_by(state=PurchaseState.FAILED).one()
    asset = session.get_one(Reservation, purchase.asset_id)
    assert asset.account_id == account(session, "Aegean Foods S.A.").id
    assert (purchase.error_code, purchase.cart_id) == ("800011", None)
    plans = session.query(Subscription).filter_by(account_id=asset.account_id)
    other = plans.filter(Subscription.id != asset.subscription_id).one()
    asset_id, own_ref, version = asset.id, purchase.own_ref, asset.version
    purchase_id, other_id = purchase.id, other.id

    save(asset_id, AssetEdit(version=version))
    run(demo_app, purchase_id)
    assert session.get_one(Purchase, purchase_id).error_code == "800011"

    save(asset_id, AssetEdit(version=version + 1, subscription_id=other_id))
    run(demo_app, purchase_id)
    assert session.get_one(Purchase, purchase_id).state is PurchaseState.SYNCHRONIZED
    assert session.get_one(Reservation, asset_id).reservation_id
    assert len(sandbox.ledger(own_ref)) == 1


def test_edit_and_save_fills_the_missing_software_id(demo_app, session):
    asset = (
        session.query(SoftwareSubscription)
        .filter(
            SoftwareSubscription.software_id.is_(None),
            SoftwareSubscription.term_duration.is_not(None),
        )
        .one()
    )
    assert asset.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    asset_id, version = asset.id, asset.version
    purchase_id = session.query(Purchase.id).filter_by(asset_id=asset_id).scalar()

    save(asset_id, AssetEdit(version=version))
    run(demo_app, purchase_id)

    assert session.get_one(SoftwareSubscription, asset_id).software_id


def save(asset_id, edit):
    save_asset(viewer_for("admin@entrepot.example"), asset_id, edit)
    reading(SYSTEM_SCOPE).expire_all()


def run(app, purchase_id):
    """As far as it goes without waiting; what waits for Microsoft is made due."""
    for _ in range(12):
        with transaction(SYSTEM_SCOPE) as session:
            purchase = session.get_one(Purchase, purchase_id)
            if purchase.next_run_at is None or purchase.state == PurchaseState.FAILED:
                break
            purchase.next_run_at = sa.func.now()
        purchases.step(purchase_id, driver=app.extensions["purchase_driver"])
    reading(SYSTEM_SCOPE).expire_all()


def test_accounts_that_are_not_the_demos_are_never_touched(app, app_context):
    AccountFactory(name="Real Customer S.A.")

    with pytest.raises(ConflictError, match="accounts here already"):
        load(app)
