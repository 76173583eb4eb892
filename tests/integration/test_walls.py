"""Row-level security, the guards of a purchase, the kept totals: what PostgreSQL itself refuses."""

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from app.database import APP_ROLE, db, reading, transaction
from app.domain.access import SIGN_IN_SCOPE, SYSTEM_SCOPE, AccountKind
from app.domain.purchase import PurchaseState, allowed_moves
from app.models import Account, Asset, AssetTotal, Purchase, PurchaseEvent, User
from tests import factories
from tests.factories import (
    AccountFactory,
    PurchaseFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
    viewer_of,
)

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def world(app):
    """Two resellers with a customer each, and a direct customer: an asset for every one."""
    northwind = AccountFactory(reseller_account=True, name="Northwind")
    fabrikam = AccountFactory(reseller_account=True, name="Fabrikam")
    accounts = {
        "northwind": northwind,
        "aegean": AccountFactory.customer_of(northwind, name="Aegean"),
        "fabrikam": fabrikam,
        "thistle": AccountFactory.customer_of(fabrikam, name="Thistle"),
        "kalamata": AccountFactory(name="Kalamata"),
        "staff": AccountFactory(distributor=True),
    }
    for account in accounts.values():
        if account.kind is not AccountKind.DISTRIBUTOR:
            asset = ReservationFactory(account=account)
            PurchaseFactory(asset=asset)
    return accounts


def scope_of(account):
    return viewer_of(UserFactory(account=account)).scope


def accounts_with_assets(scope):
    ids = reading(scope).scalars(sa.select(Asset.account_id)).all()
    names = factories.session.scalars(sa.select(Account.name).where(Account.id.in_(ids))).all()
    return sorted(names)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("northwind", ["Aegean", "Northwind"]),
        ("aegean", ["Aegean"]),
        ("fabrikam", ["Fabrikam", "Thistle"]),
        ("thistle", ["Thistle"]),
        ("kalamata", ["Kalamata"]),
        ("staff", ["Aegean", "Fabrikam", "Kalamata", "Northwind", "Thistle"]),
    ],
)
def test_a_query_that_forgets_to_filter_still_shows_only_ones_own(world, who, sees):
    assert accounts_with_assets(scope_of(world[who])) == sees


def test_without_a_scope_there_is_nothing(world):
    db.session.info.pop("scope", None)

    assert db.session.scalars(sa.select(Asset)).all() == []
    assert db.session.scalars(sa.select(Account)).all() == []


def test_signing_in_sees_users_but_nothing_that_is_owned(world):
    UserFactory(account=world["aegean"])
    session = reading(SIGN_IN_SCOPE)

    assert session.scalars(sa.select(User)).all()
    assert session.scalars(sa.select(Asset)).all() == []


def test_the_scope_ends_with_the_transaction(world):
    reading(SYSTEM_SCOPE).scalars(sa.select(Asset)).all()
    connection = db.session.connection()
    db.session.commit()
    with connection.engine.connect() as same_pool:
        assert same_pool.scalar(sa.text("SELECT count(*) FROM assets")) == 0


def test_nobody_writes_a_row_for_somebody_else(world):
    aegean, kalamata = world["aegean"], world["kalamata"]
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        transaction(scope_of(aegean)) as session,
    ):
        session.add(
            User(
                email="x@y.example",
                name="X",
                role="viewer",
                account_id=kalamata.id,
                tenant_id=kalamata.tenant_id,
            )
        )


def test_the_app_owns_no_table_and_every_owned_table_is_walled(owner_engine, world):
    with owner_engine.connect() as connection:
        tables = connection.execute(
            sa.text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity AS walled,"
                " pg_get_userbyid(relowner) AS owner,"
                " EXISTS (SELECT FROM information_schema.columns c"
                "  WHERE c.table_name = relname AND c.column_name = 'account_id') AS owned"
                " FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        ).all()
        bypasses = connection.scalar(
            sa.text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = :name"),
            {"name": APP_ROLE},
        )
    assert tables
    assert all(table.owner != APP_ROLE for table in tables)
    unwalled = [t.relname for t in tables if (t.owned or t.relname == "accounts") and not t.walled]
    assert unwalled == []
    assert bypasses is False


def test_every_view_and_function_runs_with_the_callers_rights(owner_engine, world):
    with owner_engine.connect() as connection:
        definers = connection.scalars(
            sa.text(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " AND prosecdef"
            )
        ).all()
        views = connection.scalars(
            sa.text(
                "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm')"
                " AND relnamespace = 'public'::regnamespace"
            )
        ).all()
    assert definers == []
    assert views == []


def test_an_account_that_moves_to_another_reseller_takes_everything_along(world):
    aegean = factories.session.get_one(Account, world["aegean"].id)
    aegean.reseller_id = world["fabrikam"].id
    factories.session.commit()

    assert accounts_with_assets(scope_of(world["northwind"])) == ["Northwind"]
    assert accounts_with_assets(scope_of(world["fabrikam"])) == ["Aegean", "Fabrikam", "Thistle"]


def purchase_of_state(state, **changes):
    return PurchaseFactory(asset=SoftwareSubscriptionFactory(), state=state, **changes)


@pytest.mark.parametrize("column", ["cart_id", "order_id", "own_ref"])
def test_cart_order_and_reference_are_write_once(app, column):
    row = purchase_of_state(PurchaseState.ORDERED, cart_id="cart-1", order_id="order-1")
    setattr(row, column, "another")

    with pytest.raises(DatabaseError, match=r"write-once|never change"):
        factories.session.commit()


def test_what_is_bought_does_not_change_while_it_is_under_way(app):
    row = purchase_of_state(PurchaseState.CHECKOUT_SENT)
    row.params = {**row.params, "quantity": 99}

    with pytest.raises(DatabaseError, match="only while the purchase is failed"):
        factories.session.commit()


@pytest.mark.parametrize("start", PurchaseState)
@pytest.mark.parametrize("end", PurchaseState)
def test_postgresql_allows_exactly_the_moves_of_the_graph(app, start, end):
    row = purchase_of_state(start)
    row.state = end

    if start is end or (start, end) in allowed_moves():
        factories.session.commit()
    else:
        with pytest.raises(DatabaseError, match="cannot go from"):
            factories.session.commit()


def test_an_asset_has_one_purchase_that_lives(app):
    asset = SoftwareSubscriptionFactory()
    PurchaseFactory(asset=asset, state=PurchaseState.FAILED)

    with pytest.raises(DatabaseError, match="uq_purchases_live_asset"):
        PurchaseFactory(asset=asset, generation=2, own_ref="another")


def test_the_history_of_a_purchase_is_append_only(app, owner_engine):
    row = purchase_of_state(PurchaseState.ORDERED)
    factories.session.add(
        PurchaseEvent(
            purchase_id=row.id,
            account_id=row.account_id,
            tenant_id=row.tenant_id,
            event="ordered",
            state=row.state,
            actor="a test",
        )
    )
    factories.session.commit()

    for statement in ("UPDATE purchase_events SET actor = 'x'", "DELETE FROM purchase_events"):
        with pytest.raises(DatabaseError, match="append-only"):
            factories.session.execute(sa.text(statement))
        factories.session.rollback()


def totals_by_hand():
    factories.session.expire_all()
    sums = factories.session.execute(
        sa.select(
            Asset.account_id,
            Asset.kind,
            Asset.status,
            Asset.provisioning_sync_status,
            Asset.currency,
            sa.func.count(),
            sa.func.sum(Asset.buying_net),
            sa.func.sum(Asset.buying_vat),
            sa.func.coalesce(sa.func.sum(Asset.selling_net), 0),
        ).group_by(
            Asset.account_id,
            Asset.kind,
            Asset.status,
            Asset.provisioning_sync_status,
            Asset.currency,
        )
    ).all()
    return sorted(map(tuple, sums), key=str)


def kept_totals():
    factories.session.expire_all()
    rows = factories.session.scalars(sa.select(AssetTotal).where(AssetTotal.assets != 0)).all()
    return sorted(
        (
            (
                row.account_id,
                row.kind,
                row.status,
                row.provisioning_sync_status,
                row.currency,
                row.assets,
                row.buying_net,
                row.buying_vat,
                row.selling_net,
            )
            for row in rows
        ),
        key=str,
    )


def test_the_kept_totals_are_always_the_sum_of_the_assets(app):
    account = AccountFactory()
    assets = [
        SoftwareSubscriptionFactory(account=account, quantity=n, buying_unit_price=Decimal("19.99"))
        for n in (1, 2, 150)
    ]
    ReservationFactory(account=account, selling_unit_price=Decimal("1300.00"))
    assert kept_totals() == totals_by_hand()

    assets[0].status = "expired"
    assets[1].provisioning_sync_status = "failed"
    assets[2].buying_net += 1
    factories.session.commit()
    assert kept_totals() == totals_by_hand()

    factories.session.delete(assets[0])
    factories.session.commit()
    assert kept_totals() == totals_by_hand()


def test_a_process_frozen_inside_a_transaction_does_not_keep_its_rows_for_ever(app):
    assert db.session.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "10s"


def test_no_purchase_is_lost_when_its_row_is_asked_for_by_the_app(world):
    with transaction(SYSTEM_SCOPE) as session:
        assert len(session.scalars(sa.select(Purchase)).all()) == 5
