"""Customers as Partner Center lists them, compared with our accounts."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.sentences import said


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"  # read and compared: somebody may apply it
    APPLIED = "applied"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"ready": said("Ready to apply")}.get(self.value, self.value.capitalize())


class ImportChange(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, kw_only=True)
class PlanFound:
    """An Azure plan; `status` in Microsoft's words, folded."""

    id: str
    name: str
    status: str


@dataclass(frozen=True, kw_only=True)
class CustomerFound:
    """`agreed_on` is an ISO day, or "" where Microsoft gives none; `id` is the tenant's, folded.

    `has_agreement` is None where nobody looked yet.
    """

    id: str
    name: str
    domain: str
    country: str
    has_agreement: bool | None
    agreed_on: str
    plans: tuple[PlanFound, ...]


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """`is_ours`: staff keep this field, so Microsoft's word is only shown."""

    name: str
    before: str
    after: str
    is_ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What an import would do with one customer."""

    kind: ImportChange
    customer_id: str
    name: str
    fields: tuple[FieldChange, ...]


def compare(ours: CustomerFound | None, theirs: CustomerFound | None) -> Difference | None:
    """None where nothing differs. `ours` is the account in Microsoft's words."""
    if theirs is None:
        if ours is None:
            return None
        return Difference(kind=ImportChange.GONE, customer_id=ours.id, name=ours.name, fields=())
    if ours is None:
        return Difference(
            kind=ImportChange.NEW,
            customer_id=theirs.id,
            name=theirs.name,
            fields=tuple(_fields(None, theirs)),
        )
    fields = tuple(_fields(ours, theirs))
    if not any(not field.is_ours for field in fields):
        return None
    return Difference(
        kind=ImportChange.CHANGED, customer_id=theirs.id, name=ours.name, fields=fields
    )


def _fields(ours: CustomerFound | None, theirs: CustomerFound) -> list[FieldChange]:
    pairs = (
        ("Name", ours.name if ours else "", theirs.name, ours is not None),
        ("Country", ours.country if ours else "", theirs.country, ours is not None),
        (said("Domain"), ours.domain if ours else "", theirs.domain, False),
        (said("Customer Agreement"), _agreement(ours), _agreement(theirs), False),
    )
    found = [
        FieldChange(name=name, before=before, after=after, is_ours=is_ours)
        for name, before, after, is_ours in pairs
        if before.casefold() != after.casefold() and after
    ]
    return found + _plan_changes(ours.plans if ours else (), theirs.plans)


def _agreement(customer: CustomerFound | None) -> str:
    if customer is None:
        return ""
    if customer.has_agreement is None:
        return said("not known")
    if not customer.has_agreement:
        return "missing"
    return f"accepted {customer.agreed_on}".strip()


def _plan_changes(ours: tuple[PlanFound, ...], theirs: tuple[PlanFound, ...]) -> list[FieldChange]:
    known, there = {plan.id: plan for plan in ours}, {plan.id: plan for plan in theirs}
    found = []
    for plan_id in dict.fromkeys((*known, *there)):
        old, new = known.get(plan_id), there.get(plan_id)
        before, after = old.status if old else "", new.status if new else "gone"
        is_over = new is None and old is not None and old.status == "deleted"
        if before != after and not is_over:
            name = (old or new or PlanFound(id="", name="", status="")).name
            found.append(
                FieldChange(name=said("Plan %(name)s", name=name), before=before, after=after)
            )
    return found
