"""Who may do what: roles, permissions and the viewer that every query begins with."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AccountKind(StrEnum):
    DISTRIBUTOR = "distributor"
    RESELLER = "reseller"
    END_CUSTOMER = "end_customer"
    DIRECT_CUSTOMER = "direct_customer"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Role(StrEnum):
    """What a user is in its account. The first four are storefront roles, the others staff."""

    ADMINISTRATOR = "administrator"
    BILLING = "billing"
    BUYER = "buyer"
    VIEWER = "viewer"
    STAFF_ADMINISTRATOR = "staff_administrator"
    STAFF_PROVISIONING = "staff_provisioning"
    STAFF_BILLING = "staff_billing"
    STAFF_SUPPORT = "staff_support"

    @property
    def label(self) -> str:
        return self.value.removeprefix("staff_").capitalize()


class Permission(StrEnum):
    EDIT_PROFILE = "edit_profile"  # everybody's own
    # storefront
    VIEW_STOREFRONT = "view_storefront"
    EXPORT = "export"
    PLACE_ORDERS = "place_orders"
    MANAGE_USERS = "manage_users"
    APPROVE_ORDERS = "approve_orders"
    VIEW_CUSTOMERS = "view_customers"
    MANAGE_CUSTOMERS = "manage_customers"
    MANAGE_BRAND = "manage_brand"
    # back office
    VIEW_BSS = "view_bss"
    EDIT_ASSETS = "edit_assets"
    PROVISION = "provision"
    VIEW_COST = "view_cost"
    MANAGE_PRICES = "manage_prices"
    MANAGE_INVOICES = "manage_invoices"
    ADMINISTER = "administer"
    VIEW_AUDIT = "view_audit"


_STOREFRONT_VIEWER = frozenset(
    {Permission.VIEW_STOREFRONT, Permission.VIEW_CUSTOMERS, Permission.EDIT_PROFILE}
)
_OF_RESELLERS = frozenset(
    {
        Permission.APPROVE_ORDERS,
        Permission.VIEW_CUSTOMERS,
        Permission.MANAGE_CUSTOMERS,
        Permission.MANAGE_BRAND,
    }
)
_BSS_VIEWER = frozenset({Permission.VIEW_BSS, Permission.EXPORT, Permission.EDIT_PROFILE})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _STOREFRONT_VIEWER,
    Role.BILLING: _STOREFRONT_VIEWER | {Permission.EXPORT},
    Role.BUYER: _STOREFRONT_VIEWER | {Permission.PLACE_ORDERS},
    Role.ADMINISTRATOR: _STOREFRONT_VIEWER
    | {
        Permission.EXPORT,
        Permission.PLACE_ORDERS,
        Permission.MANAGE_USERS,
        Permission.APPROVE_ORDERS,
        Permission.MANAGE_CUSTOMERS,
        Permission.MANAGE_BRAND,
    },
    Role.STAFF_SUPPORT: _BSS_VIEWER,
    Role.STAFF_BILLING: _BSS_VIEWER
    | {Permission.VIEW_COST, Permission.MANAGE_PRICES, Permission.MANAGE_INVOICES},
    Role.STAFF_PROVISIONING: _BSS_VIEWER | {Permission.EDIT_ASSETS, Permission.PROVISION},
    Role.STAFF_ADMINISTRATOR: frozenset(
        {
            *_BSS_VIEWER,
            Permission.EDIT_ASSETS,
            Permission.PROVISION,
            Permission.VIEW_COST,
            Permission.MANAGE_PRICES,
            Permission.MANAGE_INVOICES,
            Permission.ADMINISTER,
            Permission.VIEW_AUDIT,
        }
    ),
}


class ScopeKind(StrEnum):
    """How far a transaction may see; PostgreSQL's row-level security reads these words."""

    ACCOUNT = "account"  # one account's own rows
    TENANT = "tenant"  # a reseller's rows and those of its customers
    ALL = "all"  # staff, worker, dispatcher
    SIGN_IN = "sign_in"  # users and sessions only, before anybody is known


@dataclass(frozen=True)
class Scope:
    kind: ScopeKind
    account_id: UUID | None = None


SIGN_IN_SCOPE = Scope(ScopeKind.SIGN_IN)
SYSTEM_SCOPE = Scope(ScopeKind.ALL)


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The signed-in person on whose behalf something is read or done."""

    user_id: UUID
    name: str
    email: str
    account_id: UUID
    account_name: str
    account_kind: AccountKind
    role: Role
    reseller_id: UUID | None = None  # the reseller of an end customer

    def may(self, permission: Permission) -> bool:
        if permission in _OF_RESELLERS and not self.is_reseller:
            return False
        return permission in PERMISSIONS[self.role]

    @property
    def is_staff(self) -> bool:
        return self.account_kind is AccountKind.DISTRIBUTOR

    @property
    def is_reseller(self) -> bool:
        return self.account_kind is AccountKind.RESELLER

    @property
    def scope(self) -> Scope:
        if self.is_staff:
            return Scope(ScopeKind.ALL)
        kind = ScopeKind.TENANT if self.is_reseller else ScopeKind.ACCOUNT
        return Scope(kind, self.account_id)
