"""Every table, so that the metadata is complete once this is imported."""

from app.models.accounts import Account, AccountEvent
from app.models.assets import (
    Asset,
    AssetEvent,
    AssetMonth,
    AssetTotal,
    Reservation,
    SearchWord,
    SoftwareSubscription,
)
from app.models.audit import AuditChain, AuditEntry, AuditWord
from app.models.baskets import Basket, BasketLine
from app.models.brands import Brand
from app.models.bulk import BulkJob, BulkJobItem
from app.models.catalogue import CatalogueRefresh, Product, Sku
from app.models.contacts import Contact
from app.models.invoices import (
    BalanceMonth,
    Invoice,
    InvoiceEvent,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
)
from app.models.mails import Mail, Notice
from app.models.marketplace import MarketplaceOptions
from app.models.microsoft import CustomerImport, MicrosoftConnection
from app.models.orders import Order, OrderLine
from app.models.price_lists import CurrencyRate, PriceList, PriceListLine
from app.models.provisioning import (
    Alert,
    Control,
    ControlEvent,
    FailingJob,
    Heartbeat,
    Provider,
)
from app.models.purchases import Purchase, PurchaseEvent
from app.models.reconciliation import CustomerReading, ReconciliationCase, ReconciliationRun
from app.models.subscriptions import Subscription
from app.models.taxes import TaxRule
from app.models.users import OneTimeLink, PasswordRequest, User, UserSession

__all__ = [
    "Account",
    "AccountEvent",
    "Alert",
    "Asset",
    "AssetEvent",
    "AssetMonth",
    "AssetTotal",
    "AuditChain",
    "AuditEntry",
    "AuditWord",
    "BalanceMonth",
    "Basket",
    "BasketLine",
    "Brand",
    "BulkJob",
    "BulkJobItem",
    "CatalogueRefresh",
    "Contact",
    "Control",
    "ControlEvent",
    "CurrencyRate",
    "CustomerImport",
    "CustomerReading",
    "FailingJob",
    "Heartbeat",
    "Invoice",
    "InvoiceEvent",
    "InvoiceLine",
    "InvoiceSeries",
    "InvoiceTax",
    "Mail",
    "MarketplaceOptions",
    "MicrosoftConnection",
    "Notice",
    "OneTimeLink",
    "Order",
    "OrderLine",
    "PasswordRequest",
    "PriceList",
    "PriceListLine",
    "Product",
    "Provider",
    "Purchase",
    "PurchaseEvent",
    "ReconciliationCase",
    "ReconciliationRun",
    "Reservation",
    "SearchWord",
    "Sku",
    "SoftwareSubscription",
    "Subscription",
    "TaxRule",
    "User",
    "UserSession",
]
