"""Owner checks that no bare request reaches: the services behind them, asked for others' things."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.database import reading
from app.domain.errors import DomainError
from app.models import Asset, BulkJob, BulkJobItem, InvoiceLine, Mail, Order, Sku
from app.services import bulk_jobs
from app.services.asset_editing import AssetEdit, save_asset
from app.services.asset_lists import AssetQuery, chosen_ids
from app.services.asset_search import search_filters
from app.services.baskets import add_software
from app.services.credit_notes import issue_credit_note
from app.services.held_mails import HeldAnswer, settle_held
from app.services.invoice_payments import record_payment
from app.services.late_invoices import invoice_asset
from app.services.list_settings import save_view
from app.services.mails import retry_all_unsent
from app.services.pages import PageRequest
from app.services.quotes import quote_software
from tests import factories
from tests.factories import viewer_of
from tests.integration.authorization.strangers import FOREIGN, OWN

_MANY = 100_000  # assets: what is searched for is looked up


class Knocks:
    """Each method tries something with another's thing; `tried` names them all."""

    def __init__(self, world, stranger):
        self.viewer = stranger.viewer
        self.foreign = {kind: of[FOREIGN] for kind, of in world.objects.items()}
        self.staff = viewer_of(world.users["staff_administrator"])
        self.buyer = viewer_of(world.users[f"{OWN}_administrator"])
        self.order_token, self.basket_token, sku_id = _tokens(world)
        self.own = {"account_id": self.buyer.account_id, "sku_id": sku_id, "quantity": 1}
        self.line_id = _line_of(self.foreign["invoice"])
        _add_item(self.foreign["bulk_job"], self.foreign["asset"])
        factories.session.commit()  # nothing of ours holds a table while the wall is moved

    def tried(self) -> dict[str, Callable[[], object]]:
        return {
            "save an asset": self.save,
            "choose an asset for a bulk job": self.choose,
            "search among many": self.search,
            "read the results of a bulk job": self.results,
            "credit an invoice": self.credit,
            "record a payment": self.pay,
            "retry mails": lambda: retry_all_unsent(self.viewer),
            "settle held mails": self.settle,
            "invoice an asset": lambda: invoice_asset(self.viewer, self.foreign["asset"]),
            "share a view": self.share,
            "use an order's form": self.order,
            "use a basket's form": self.put_into_basket,
        }

    def save(self) -> object:
        return save_asset(self.viewer, self.foreign["asset"], AssetEdit(version=1, name="mine"))

    def choose(self) -> object:
        chosen = chosen_ids(self.viewer, AssetQuery(), [self.foreign["asset"]])
        return reading(self.viewer.scope).execute(chosen).all()

    def search(self) -> object:
        session = reading(self.viewer.scope)
        filters = search_filters(session, self.viewer, "cnry", among=_MANY)
        return session.scalar(sa.select(sa.func.count()).select_from(Asset).where(*filters))

    def results(self) -> object:
        job = bulk_jobs.get_bulk_job(self.staff, self.foreign["bulk_job"])
        page = bulk_jobs.list_results(self.viewer, job, wanted=PageRequest(), state=None)
        return len(page.items)

    def credit(self) -> object:
        invoice, lines = self.foreign["invoice"], {self.line_id: 1}
        return issue_credit_note(self.viewer, invoice, quantities=lines, reason="no")

    def settle(self) -> object:
        held = sa.update(Mail).where(Mail.id == self.foreign["mail"]).values(state="held")
        factories.session.execute(held)
        factories.session.commit()
        return settle_held(self.viewer, HeldAnswer.DROP)

    def pay(self) -> object:
        day = dt.date(2026, 1, 1)
        return record_payment(self.viewer, self.foreign["invoice"], paid_on=day, reference="x")

    def share(self) -> object:
        return save_view(self.viewer, "asset", name="x", query="", is_shared=True)

    def order(self) -> object:
        return quote_software(self.buyer, form_token=self.order_token, **self.own)

    def put_into_basket(self) -> object:
        return add_software(self.buyer, form_token=self.basket_token, **self.own)


def answers(app, tried: dict[str, Callable[[], object]]) -> dict[str, str]:
    return {name: _answer(app, call) for name, call in tried.items()}


def _answer(app, call: Callable[[], object]) -> str:
    with app.app_context():
        try:
            return str(call())
        except (DomainError, SQLAlchemyError) as error:
            return f"{type(error).__name__}: {error}"


def _tokens(world) -> tuple[UUID, UUID, UUID]:
    """Of an order's form and of a basket's, both somebody else's, and a SKU that is for sale."""
    order = factories.session.get_one(Order, world.objects["quote"][FOREIGN])
    sku = factories.session.scalars(
        sa.select(Sku).where(Sku.product_id == world.objects["product"][FOREIGN])
    ).first()
    token, owner = uuid4(), viewer_of(world.users[f"{FOREIGN}_administrator"])
    add_software(owner, account_id=owner.account_id, sku_id=sku.id, quantity=1, form_token=token)
    return order.form_token, token, sku.id


def _line_of(invoice_id: UUID) -> UUID:
    return factories.session.scalars(
        sa.select(InvoiceLine.id).where(InvoiceLine.invoice_id == invoice_id)
    ).one()


def _add_item(job_id: UUID, asset_id: UUID) -> None:
    job = factories.session.get_one(BulkJob, job_id)
    owner = {"account_id": job.account_id, "tenant_id": job.tenant_id}
    factories.session.add(BulkJobItem(job_id=job_id, position=1, asset_id=asset_id, **owner))
    factories.session.commit()
