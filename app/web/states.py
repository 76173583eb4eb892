"""Every component in every state on one page, for screenshots. Never in production."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

from flask import Flask, render_template
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField

from app.config import Settings
from app.domain.assets import AssetStatus, ProvisioningSyncStatus
from app.services.pages import Page, PageRequest, Position
from app.web.forms import BaseForm, choice
from app.web.pagination import ListQuery
from app.web.policy import policy

_NOW = dt.datetime(2026, 11, 22, 9, 41, tzinfo=dt.UTC)


class _ExampleForm(BaseForm):
    name = StringField("Name")
    quantity = IntegerField("Quantity")
    scope = SelectField(
        "Scope", choices=[choice("shared", "Shared"), choice("single", "Single subscription")]
    )
    notes = TextAreaField("Notes")
    agrees = BooleanField("I have read what this costs")


def init_states(app: Flask, settings: Settings) -> None:
    if settings.is_production:
        return

    @policy(public=True)
    def states() -> str:
        form = _ExampleForm(name="Reserved VM Instance", quantity=0)
        form.quantity.errors = ["Enter a quantity of 1 or more."]
        return render_template("states.html", form=form, **_examples())

    app.add_url_rule("/__states__", "states", states)


def _row(name: str, customer: str, unit: str, quantity: int, discount: str) -> SimpleNamespace:
    total = Decimal(unit) * quantity * (1 - Decimal(discount) / 100)
    return SimpleNamespace(
        name=name,
        customer=customer,
        unit=Decimal(unit),
        quantity=quantity,
        discount=Decimal(discount),
        total=total,
        is_expiring=quantity == 1,
    )


def _examples() -> dict[str, object]:
    rows = [
        _row("Reserved VM Instance, Standard_D4s_v5", "Aegean Foods S.A.", "2387.16", 6, "8"),
        _row("Azure Cache for Redis Premium P1", "Helios Clinics Ltd", "3102.24", 1, "0"),
    ]
    query = ListQuery(
        list_id="example-table",
        q="",
        sort="total",
        descending=True,
        choices={"status": "active"},
        page=PageRequest(),
        notices=("The value of sort in the address was not understood and is ignored.",),
    )
    page = Page(
        items=rows,
        total=1284,
        size=50,
        number=2,
        next=Position(3, ("x",)),
        previous=Position(1, ("x",)),
    )
    return {
        "statuses": list(AssetStatus),
        "syncs": list(ProvisioningSyncStatus),
        "now": _NOW,
        "query": query,
        "page": page,
    }
