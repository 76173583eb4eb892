"""Rows of a purchase to begin with."""

import datetime as dt
from dataclasses import replace

import pytest

from app.domain.purchase import PurchaseState
from tests.support.purchase_sim.world import START, fresh_row


@pytest.fixture
def sent():
    """A purchase whose checkout left ten minutes ago and was never answered."""
    ago = START - dt.timedelta(minutes=10)
    return replace(
        fresh_row(),
        state=PurchaseState.CHECKOUT_SENT,
        cart_id="cart-0",
        checkout_first_sent_at=ago,
        checkout_last_sent_at=ago,
        checkout_is_open=True,
    )


@pytest.fixture
def refused(sent):
    """Refused ten minutes ago; its cart is kept."""
    return replace(sent, state=PurchaseState.FAILED, checkout_is_open=False)
