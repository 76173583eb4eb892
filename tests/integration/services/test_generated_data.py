from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import AccountKind
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus
from app.domain.invoices import document_number, invoiced_amounts, totals_by_rate
from app.domain.pricing import price_line
from app.models import (
    Account,
    Asset,
    AssetTotal,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Purchase,
    Sku,
)
from app.services.credit_notes import amounts_of
from app.services.expiry import expire_due_assets
from app.services.generated_data import GeneratedData, generate_data
from app.services.invoices import party_of, search_text
from app.services.today import today
from tests import factories
from tests.factories import AccountFactory, SkuFactory

pytestmark = pytest.mark.usefixtures("app_context")

SUMS = ("buying_net", "buying_vat", "selling_net", "selling_vat")


def generate(accounts=12, assets=300, seed=7):
    generate_data(GeneratedData(accounts=accounts, assets=assets, seed=seed))
    return factories.session.query(Asset).order_by(Asset.number).all()


def test_a_thousand_assets_agree_with_the_kept_totals():
    assets = generate(accounts=20, assets=1000)

    assert len(assets) == 1000
    totals = factories.session.query(AssetTotal).all()
    assert sum(total.assets for total in totals) == 1000
    for name in SUMS:
        expected = sum(getattr(asset, name) or Decimal(0) for asset in assets)
        assert sum(getattr(total, name) for total in totals) == expected


def test_the_frozen_money_is_what_the_price_rules_say():
    for asset in generate():
        for side in ("buying", "selling"):
            unit_price = getattr(asset, f"{side}_unit_price")
            frozen = (getattr(asset, f"{side}_net"), getattr(asset, f"{side}_vat"))
            assert frozen == money_of(asset, unit_price)


def money_of(asset, unit_price):
    if unit_price is None:
        return None, None
    total = price_line(
        unit_price,
        asset.quantity,
        discount_percent=asset.discount_percent,
        vat_rate=asset.vat_rate,
        currency=asset.currency,
    ).total
    return total.net, total.vat


def test_end_customers_alone_have_a_selling_price():
    assets = generate()

    kinds = {account.id: account.kind for account in factories.session.query(Account)}
    assert set(kinds.values()) == set(AccountKind) - {AccountKind.DISTRIBUTOR}
    for asset in assets:
        is_resold = kinds[asset.account_id] is AccountKind.END_CUSTOMER
        assert (asset.selling_net is not None) == is_resold


def test_there_is_something_of_everything_oldest_first():
    assets = generate(assets=600)

    assert {asset.kind for asset in assets} == set(AssetKind)
    assert {asset.status for asset in assets} == set(AssetStatus)
    assert {asset.provisioning_sync_status for asset in assets} == {
        ProvisioningSyncStatus.SYNCHRONIZED,
        ProvisioningSyncStatus.FAILED,
    }
    dates = [asset.purchased_at for asset in assets]
    assert dates == sorted(dates)


def test_nothing_of_it_is_ever_due():
    generate()

    due = factories.session.query(Purchase).filter(Purchase.next_run_at.is_not(None))
    assert due.count() == 0
    assert expire_due_assets(today(factories.session)) == 0


def test_every_asset_has_its_order_line_its_purchase_and_its_own_table():
    assets = generate()

    counts = {
        table: factories.session.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608
        for table in ("order_lines", "purchases", "purchase_events")
    }
    assert set(counts.values()) == {len(assets)}
    for asset in assets:
        assert asset.order_id
        assert asset.order_line_id


def test_the_same_seed_gives_the_same_data():
    first = [(asset.id, asset.name, asset.buying_net) for asset in generate(assets=50)]
    factories.session.rollback()
    factories.session.execute(sa.text("TRUNCATE accounts, products, search_words CASCADE"))
    factories.session.commit()

    assert [(asset.id, asset.name, asset.buying_net) for asset in generate(assets=50)] == first


def test_the_catalogue_is_used_where_there_is_one():
    sku = SkuFactory(title="A plan of ours")

    assert {asset.name for asset in generate(assets=20)} == {sku.title}
    assert factories.session.query(Sku).count() == 1


def test_accounts_that_are_there_are_left_alone():
    own = AccountFactory(name="Own S.A.")

    assets = generate(accounts=5, assets=20)

    assert own.id not in {asset.account_id for asset in assets}
    assert factories.session.query(Account).count() == 6


def test_names_stay_different_beyond_the_words_for_them():
    generate(accounts=1200, assets=1)

    names = [name for (name,) in factories.session.query(Account.name)]
    assert len({name.rsplit(" ", 1)[0] for name in names}) == 1200


def test_every_order_is_invoiced_as_the_services_would_have_done_it():
    """They are written by SQL: here each is put together again by the rules of the domain."""
    assets = {asset.id: asset for asset in generate()}
    invoices = factories.session.query(Invoice).order_by(Invoice.series, Invoice.sequence).all()
    lines = factories.session.query(InvoiceLine).order_by(InvoiceLine.position).all()
    taxes = factories.session.query(InvoiceTax).all()
    accounts = {account.id: account for account in factories.session.query(Account)}

    assert sorted(line.asset_id for line in lines) == sorted(assets)
    assert len(invoices) == len({asset.order_id for asset in assets.values()})
    for invoice in invoices:
        own = [line for line in lines if line.invoice_id == invoice.id]
        amounts = [amounts_of(line, invoice.currency) for line in own]
        assert amounts == [invoiced_amounts(price_of(assets[line.asset_id])) for line in own]
        assert [line.vat for line in own] == [each.vat for each in amounts]
        totals = totals_by_rate(amounts)
        found = [tax for tax in taxes if tax.invoice_id == invoice.id]
        assert [(tax.rate, tax.net, tax.vat) for tax in found] == [
            (total.rate, total.net, total.vat) for total in totals
        ]
        assert invoice.gross == sum(total.net + total.vat for total in totals)
        payer = accounts[invoice.account_id]
        assert payer.id == assets[own[0].asset_id].tenant_id
        assert invoice.buyer == party_of(payer, payer.name)
        assert invoice.number == document_number(invoice.series, invoice.sequence)
        facts = {name: getattr(invoice, name) for name in ("order_number", "buyer_reference")}
        said = search_text(
            invoice.number,
            {**facts, "buyer": invoice.buyer},
            [vars(line) for line in own],
        )
        assert set(invoice.search_text.split()) == set(said.split())


def test_generated_numbers_have_no_gap():
    generate()
    invoices = factories.session.query(Invoice).order_by(Invoice.issued_at).all()
    by_series = {}
    for invoice in invoices:
        by_series.setdefault(invoice.series, []).append(invoice.sequence)

    for sequences in by_series.values():
        assert sorted(sequences) == list(range(1, len(sequences) + 1))


def price_of(asset):
    return price_line(
        asset.buying_unit_price,
        asset.quantity,
        discount_percent=asset.discount_percent,
        vat_rate=asset.vat_rate,
        currency=asset.currency,
    )
