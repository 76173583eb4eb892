"""One step of the purchase protocol, given what it is answered."""

from app.domain import purchase_commands as c
from app.domain.purchase_protocol import purchase_step
from tests.support.purchase_sim.world import fresh_row

CART = c.CartSeen(
    cart_id="cart-0",
    is_ordered=False,
    catalog_item_id="PRODUCT:0001:AVAILABLE",
    quantity=5,
    term_duration="P1Y",
    currency="EUR",
    friendly_name="AST-000001-SIMULATE",
)
AS_AGREED = c.Item("PRODUCT:0001:AVAILABLE", fresh_row().wanted.cost, "EUR")


def step_with(row, *answers, grants=None):
    """The commands of one step, given these answers to what is asked.

    Records are granted, or only the first `grants` of them: then another worker took over.
    """
    core, said, left, recorded = purchase_step(row), [], list(answers), 0
    command = core.send(None)
    while True:
        said.append(command)
        is_record = isinstance(command, c.Record)
        is_granted = grants is None or recorded < grants
        recorded += is_record
        try:
            command = core.send(is_granted if is_record else left.pop(0))
        except StopIteration:
            return said
