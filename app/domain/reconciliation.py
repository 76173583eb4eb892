"""Reconciliation: how what we bought may differ from what Microsoft says was bought."""

from enum import StrEnum


class CaseKind(StrEnum):
    OURS_ONLY = "ours_only"  # we have an order that Microsoft does not know
    THEIRS_ONLY = "theirs_only"  # bought outside, or moved to us
    LOST_HERE = "lost_here"  # carries our reference, and our row is gone
    DIFFERS = "differs"
    RECREATED = "recreated"  # was lost here and is made again: people check its price

    @property
    def label(self) -> str:
        return {
            CaseKind.OURS_ONLY: "Ours only",
            CaseKind.THEIRS_ONLY: "Microsoft only",
            CaseKind.LOST_HERE: "Lost here",
            CaseKind.DIFFERS: "Differs",
            CaseKind.RECREATED: "Found at Microsoft",
        }[self]


class CaseState(StrEnum):
    OPEN = "open"
    IN_WORK = "in_work"  # somebody has it
    RESOLVED = "resolved"
    ACCEPTED = "accepted"  # people say that it may stay so

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def is_final(self) -> bool:
        return self in {CaseState.RESOLVED, CaseState.ACCEPTED}
