"""One step of the purchase protocol, given what it is answered."""

from app.domain import purchase_commands as c
from app.domain.purchase_protocol import purchase_step

CART = c.CartSeen(
    cart_id="cart-0",
    is_ordered=False,
    catalog_item_id="PRODUCT:0001:AVAILABLE",
    quantity=5,
    term_duration="P1Y",
    currency="EUR",
    friendly_name="AST-000001-SIMULATE",
)


def step_with(row, *answers):
    """The commands of one step, given these answers to what is asked (records are granted)."""
    core, said, left = purchase_step(row), [], list(answers)
    command = core.send(None)
    while True:
        said.append(command)
        granted = isinstance(command, c.Record)
        try:
            command = core.send(True if granted else left.pop(0))
        except StopIteration:
            return said
