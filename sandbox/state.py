"""Everything the running sandbox shares between its requests."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from sandbox.clock import SandboxClock
from sandbox.fault_plan import FaultPlan
from sandbox.late_effects import LateEffects
from sandbox.request_log import RequestLog
from sandbox.settings import SettingsStore
from sandbox.storage import Storage
from sandbox.throttle import Throttle

_KEY = "sandbox"


@dataclass(frozen=True)
class SandboxState:
    folder: Path
    storage: Storage
    clock: SandboxClock
    settings: SettingsStore
    faults: FaultPlan
    requests: RequestLog
    late_effects: LateEffects
    throttle: Throttle = field(default_factory=Throttle)

    @classmethod
    def opened(cls, folder: Path) -> "SandboxState":
        """The state kept in a folder, as it was left; an empty folder makes an empty state."""
        storage = Storage(folder / "sandbox.sqlite")
        return cls(
            folder=folder,
            storage=storage,
            clock=SandboxClock(storage),
            settings=SettingsStore(storage),
            faults=FaultPlan(storage),
            requests=RequestLog(folder / "sandbox-requests.sqlite"),
            late_effects=LateEffects(storage),
        )

    def close(self) -> None:
        self.storage.close()
        self.requests.close()


def attach(app: Flask, state: SandboxState) -> None:
    app.extensions[_KEY] = state


def current_state() -> SandboxState:
    return cast("SandboxState", current_app.extensions[_KEY])
