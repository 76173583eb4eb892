"""Bulk jobs: what can be done with many assets at once, and how far such a job is."""

from enum import StrEnum


class BulkAction(StrEnum):
    RETRY = "retry"
    REFRESH = "refresh"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"

    @property
    def label(self) -> str:
        return {
            BulkAction.RETRY: "Try again at Microsoft",
            BulkAction.REFRESH: "Refresh from Microsoft",
            BulkAction.ADD_TAG: "Add a tag",
            BulkAction.REMOVE_TAG: "Remove a tag",
        }[self]

    @property
    def needs_tag(self) -> bool:
        return self in {BulkAction.ADD_TAG, BulkAction.REMOVE_TAG}


class BulkState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class BulkItemState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return self.value.capitalize()
