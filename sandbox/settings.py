"""What a test may turn on the running sandbox."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from sandbox.storage import Storage

_NAME = "settings"
_MODES = ("A", "B", "C")
_LIST_NAMES = ("reservations", "virtualMachineReservations")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Seconds are of the sandbox's clock; an order keeps those it was bought under."""

    list_lag_seconds: float = 2
    order_pending_seconds: float = 1
    subscription_id_delay_seconds: float = 1
    registration_seconds: float = 1
    provisioning_step_seconds: float = 0.5
    retry_after_seconds: int = 2
    # Partner Center calls that are borne in so many real seconds; 0: any number.
    throttle_calls: int = 0
    throttle_seconds: float = 60
    # In real seconds, so that moving the clock by years does not sign everybody out.
    refresh_token_seconds: float = 90 * 24 * 3600
    reservation_limit: int = 0
    reservation_list_name: str = "reservations"
    bom: bool = True
    mode: str = "A"


class SettingsError(ValueError):
    """What is wrong with the settings asked for, in one sentence."""


class SettingsStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def current(self) -> Settings:
        return Settings(**self._storage.remembered(_NAME, {}))

    def change(self, wishes: dict[str, Any]) -> Settings:
        known = {field.name: field.type for field in dataclasses.fields(Settings)}
        for name, value in wishes.items():
            if name not in known:
                raise SettingsError(f"There is no setting {name}.")
            _refuse_wrong_value(name, known[name], value)
        with self._storage.transaction():
            self._storage.remember(_NAME, self._storage.remembered(_NAME, {}) | wishes)
        return self.current()

    def reset(self) -> None:
        self._storage.forget(_NAME)


def _refuse_wrong_value(name: str, kind: Any, value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    choices = {"mode": _MODES, "reservation_list_name": _LIST_NAMES}.get(name)
    if choices is not None:
        fits = value in choices
    elif kind is bool:
        fits = isinstance(value, bool)
    else:
        fits = is_number and (kind is float or isinstance(value, int))
    if not fits:
        raise SettingsError(f"{value!r} is no value for the setting {name}.")
