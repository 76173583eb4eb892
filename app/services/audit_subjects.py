"""How the audit log names what things are done to."""

from app.domain.assets import asset_number, order_number
from app.models import Account, Asset, Invoice, Order, User
from app.services.audit import Subject


def of_account(account: Account) -> Subject:
    return Subject(kind="account", name=account.name, id=account.id, account_id=account.id)


def of_user(user: User) -> Subject:
    return Subject(kind="user", name=user.email, id=user.id, account_id=user.account_id)


def of_order(order: Order) -> Subject:
    name = order_number(order.number)
    return Subject(kind="order", name=name, id=order.id, account_id=order.account_id)


def of_asset(asset: Asset) -> Subject:
    name = f"{asset_number(asset.number)} {asset.name}"
    return Subject(kind="asset", name=name, id=asset.id, account_id=asset.account_id)


def of_invoice(invoice: Invoice) -> Subject:
    return Subject(
        kind="invoice", name=invoice.number, id=invoice.id, account_id=invoice.account_id
    )
