"""What is different after Microsoft's catalogue was read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from app.domain.sentences import said


class ChangeKind(StrEnum):
    ADDED = "added"
    REPRICED = "repriced"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return {
            "added": said("New"),
            "repriced": said("Other price"),
            "withdrawn": said("No longer sold"),
        }[self]


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """`was` and `now` are costs in `currency`; None where it was or is not for sale."""

    kind: ChangeKind
    title: str
    segment: str
    currency: str
    was: Decimal | None
    now: Decimal | None


Offers = Mapping[tuple[Any, ...], Mapping[str, Any]]


def price_changes(before: Offers, after: Offers) -> tuple[PriceChange, ...]:
    """By identity, in the order of the titles. What never was for sale counts as new."""
    found = (_change(before.get(key), after.get(key)) for key in before.keys() | after.keys())
    return tuple(
        sorted(filter(None, found), key=lambda change: (change.kind, change.title, change.segment))
    )


def _change(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> PriceChange | None:
    was, now = _offer(old), _offer(new)
    if was == now:
        return None
    kind = ChangeKind.REPRICED
    if was is None or now is None:
        kind = ChangeKind.ADDED if was is None else ChangeKind.WITHDRAWN
    shown = new or old or {}
    return PriceChange(
        kind=kind,
        title=shown["title"],
        segment=shown["segment"],
        currency=(now or was or (None, ""))[1],
        was=was[0] if was else None,
        now=now[0] if now else None,
    )


def _offer(row: Mapping[str, Any] | None) -> tuple[Decimal, str] | None:
    if row is None or row["cost"] is None:
        return None
    return row["cost"], row["currency"]
