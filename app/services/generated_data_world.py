"""Companies and things to buy for generated data: out of the catalogue, else made up."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import AccountKind
from app.domain.assets import AssetKind, ProvisioningSyncStatus, SubscriptionStatus
from app.domain.catalogue import (
    RESERVED_INSTANCES_CODE,
    RESERVED_INSTANCES_NAME,
    software_product_code,
)
from app.models import Account, Product, Sku, Subscription

COUNTRY = "GR"
CURRENCY = "EUR"

_FIRST = """
    Alonissos Andros Arcadia Argo Attica Corinth Delphi Dodona Epirus Evia Ionian Ithaca Kastoria
    Kavala Kythira Lemnos Leros Milos Mykonos Nafplio Naxos Olympia Paros Patmos Pelion Pindus
    Samos Serres Sparta Syros Thasos Tinos Veria Xanthi Zagori
"""
_SECOND = """
    Airways Analytics Bakeries Breweries Ceramics Clinics Dairy Energy Foods Hotels Insurance
    Labs Logistics Marine Media Motors Olives Optics Pharma Press Retail Robotics Schools
    Shipping Solar Studios Textiles Timber Travel Water
"""
_ENDINGS = ("S.A.", "Ltd", "P.C.", "L.P.")
_RESELLER_SHARE, _DIRECT_SHARE = 20, 4  # one account in so many
_MARKUPS = tuple(Decimal(percent) for percent in (0, 5, 8, 10, 15))
_MOST_SKUS = 500

_SIZES = (
    ("Standard_B2s", 2, 4, "73.6848"),
    ("Standard_D2s_v5", 2, 8, "112.2273"),
    ("Standard_D4s_v5", 4, 16, "224.4546"),
    ("Standard_E4s_v5", 4, 32, "296.2804"),
    ("Standard_F8s_v2", 8, 16, "406.8656"),
)
_REGIONS = (("EU West", "westeurope"), ("EU North", "northeurope"))
_TERMS = (("P1Y", "1 Year", "1Year", Decimal(1)), ("P3Y", "3 Years", "3Years", Decimal("1.92")))
_PLANS = (
    ("Windows Server Standard - 8 Core License Pack", "248.7050"),
    ("Windows Server CAL - 1 User", "16.4730"),
    ("Remote Desktop Services CAL - 1 User", "61.3520"),
    ("SQL Server Standard Core - 2 Core License Pack", "1318.2640"),
)


@dataclass(frozen=True, kw_only=True)
class Company:
    """An account that buys. `markup` is None where no reseller stands between."""

    account_id: UUID
    tenant_id: UUID
    microsoft_tenant_id: str
    plans: tuple[tuple[UUID, str], ...]  # our id, Microsoft's
    markup: Decimal | None


def new_id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def add_companies(session: Session, chance: random.Random, count: int) -> list[Company]:
    """So many accounts: resellers, their end customers, direct customers, each with plans."""
    resellers = max(1, count // _RESELLER_SHARE)
    direct = max(1, count // _DIRECT_SHARE)
    kinds = [AccountKind.RESELLER] * resellers + [AccountKind.DIRECT_CUSTOMER] * direct
    kinds += [AccountKind.END_CUSTOMER] * (count - len(kinds))
    names = _names(chance, count)
    rows: list[dict[str, Any]] = []
    for kind, name in zip(kinds, names, strict=True):
        seller = chance.choice(rows[:resellers])["id"] if kind == AccountKind.END_CUSTOMER else None
        rows.append(_account(chance, kind, name, seller))
    session.execute(sa.insert(Account), rows[:resellers])
    session.execute(sa.insert(Account), rows[resellers:])
    plans = [_plan(chance, row) for row in rows for _ in range(chance.choice((1, 1, 1, 2)))]
    session.execute(sa.insert(Subscription), plans)
    return [_company(row, plans) for row in rows]


def _names(chance: random.Random, count: int) -> list[str]:
    """Different ones, as long as there are enough; then numbered."""
    pairs = [(first, second) for first in _FIRST.split() for second in _SECOND.split()]
    chance.shuffle(pairs)
    names = []
    for position in range(count):
        first, second = pairs[position % len(pairs)]
        round_number = position // len(pairs)
        number = f" {round_number + 1}" if round_number else ""
        ending = chance.choice(_ENDINGS)
        names.append(f"{first} {second}{number} {ending}")
    return names


def _account(
    chance: random.Random, kind: AccountKind, name: str, reseller_id: UUID | None
) -> dict[str, Any]:
    domain = f"{name.split(maxsplit=1)[0].lower()}-{chance.getrandbits(32):08x}.example"
    return {
        "id": new_id(chance),
        "kind": kind,
        "needs_approval": False,
        "reseller_id": reseller_id,
        "name": name,
        "legal_name": name,
        "email": f"accounts@{domain}",
        "country": COUNTRY,
        "currency": CURRENCY,
        "microsoft_tenant_id": str(new_id(chance)),
        "microsoft_domain": domain,
        "markup": chance.choice(_MARKUPS) if reseller_id else None,
    }


def _plan(chance: random.Random, account: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(chance),
        "account_id": account["id"],
        "tenant_id": account["reseller_id"] or account["id"],
        "name": "Azure plan",
        "status": SubscriptionStatus.ACTIVE,
        "provisioning_sync_status": ProvisioningSyncStatus.SYNCHRONIZED,
        "microsoft_subscription_id": str(new_id(chance)),
    }


def _company(row: dict[str, Any], plans: Sequence[dict[str, Any]]) -> Company:
    return Company(
        account_id=row["id"],
        tenant_id=row["reseller_id"] or row["id"],
        microsoft_tenant_id=row["microsoft_tenant_id"],
        plans=tuple(
            (plan["id"], plan["microsoft_subscription_id"])
            for plan in plans
            if plan["account_id"] == row["id"]
        ),
        markup=row["markup"],
    )


def skus_to_buy(session: Session) -> list[Sku]:
    """What the catalogue sells in our currency; where it sells nothing, some that are made up."""
    found = _find_skus(session)
    if not found:
        session.add_all(_made_up_products())
        session.flush()
        found = _find_skus(session)
    return found


def _find_skus(session: Session) -> list[Sku]:
    found: list[Sku] = []
    for kind in AssetKind:
        skus = (
            sa.select(Sku)
            .where(Sku.kind == kind, Sku.cost.is_not(None), Sku.currency == CURRENCY)
            .order_by(Sku.microsoft_product_id, Sku.microsoft_sku_id, Sku.segment)
            .limit(_MOST_SKUS)
        )
        found += session.scalars(skus)
    return found


def _made_up_products() -> list[Product | Sku]:
    generic = Product(
        id=UUID(int=1, version=4),
        code=RESERVED_INSTANCES_CODE,
        kind=AssetKind.RESERVATION,
        name=RESERVED_INSTANCES_NAME,
    )
    made: list[Product | Sku] = [generic]
    for position, size in enumerate(_SIZES):
        made += _made_up_reservations(generic.id, f"GENRI{position:07d}", size)
    for position, (name, price) in enumerate(_PLANS):
        microsoft_id = f"GENSW{position:07d}"
        product = Product(
            id=UUID(int=position + 2, version=4),
            code=software_product_code(microsoft_id),
            kind=AssetKind.SOFTWARE_SUBSCRIPTION,
            name=name,
            microsoft_product_id=microsoft_id,
        )
        made += [product, *_made_up_software(product, microsoft_id, Decimal(price))]
    return made


def _made_up_reservations(
    product_id: UUID, microsoft_id: str, size: tuple[str, int, int, str]
) -> list[Sku]:
    arm_sku_name, cores, ram, price = size
    return [
        Sku(
            product_id=product_id,
            kind=AssetKind.RESERVATION,
            microsoft_product_id=microsoft_id,
            microsoft_sku_id=f"{arm_region[:1].upper()}{years}".ljust(4, "0"),
            title=f"Reserved VM Instance, {arm_sku_name}, {region}, {term}",
            description=f"{arm_sku_name}, {region}, {cores} Cores, {ram} GB RAM, {years}",
            term_duration=duration,
            reservation_type="VirtualMachines",
            region=region,
            arm_region=arm_region,
            arm_sku_name=arm_sku_name,
            cores=cores,
            ram_gb=Decimal(ram),
            cost=Decimal(price) * factor,
            currency=CURRENCY,
        )
        for region, arm_region in _REGIONS
        for duration, term, years, factor in _TERMS
    ]


def _made_up_software(product: Product, microsoft_id: str, price: Decimal) -> list[Sku]:
    return [
        Sku(
            product_id=product.id,
            kind=AssetKind.SOFTWARE_SUBSCRIPTION,
            microsoft_product_id=microsoft_id,
            microsoft_sku_id=duration.ljust(4, "0"),
            title=f"{product.name} - {term}",
            description=f"{product.name}, {term}, commercial",
            term_duration=duration,
            cost=price * factor,
            currency=CURRENCY,
        )
        for duration, term, _years, factor in _TERMS
    ]
