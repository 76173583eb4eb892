"""How a person wants lists shown, and the views that were saved of them.

Both are small and read together with the session: they cost a page no statement. Own views stand
with the user, shared ones with the account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import PERMISSIONS, Permission, Viewer
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.models import Account, User

LONGEST_NAME, LONGEST_QUERY, MOST_VIEWS = 60, 500, 20


class Density(StrEnum):
    COMFORTABLE = "comfortable"
    COMPACT = "compact"


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A named query string of one list. `is_mine`: this person may take it away."""

    id: str
    list_id: str
    name: str
    query: str
    is_shared: bool
    is_mine: bool


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """`columns` are the chosen ones of a list, in their order; a list without has all."""

    density: Density | None = None  # else the face's own
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    views: tuple[SavedView, ...] = ()

    def views_of(self, list_id: str) -> list[SavedView]:
        return [view for view in self.views if view.list_id == list_id]


def settings_of(user: User, account: Account) -> ListSettings:
    """As they are stored with the two; what is not understood counts as not there."""
    kept: dict[str, Any] = user.list_settings
    density = kept.get("density")
    own = [_view(each, is_shared=False, is_mine=True) for each in kept.get("views", [])]
    may_tidy = _may_tidy(user)
    shared = [
        _view(each, is_shared=True, is_mine=may_tidy or each["by"] == str(user.id))
        for each in account.shared_views.get("views", [])
    ]
    return ListSettings(
        density=Density(density) if density in set(Density) else None,
        columns={name: tuple(columns) for name, columns in kept.get("columns", {}).items()},
        views=(*own, *shared),
    )


def keep_list_settings(
    viewer: Viewer, list_id: str, *, columns: Sequence[str], density: Density | None, size: int
) -> None:
    """Keep what the form of a list says; no columns: all of them."""

    def change(kept: dict[str, Any]) -> None:
        chosen = {**kept.get("columns", {}), list_id: list(columns)}
        kept["columns"] = {name: found for name, found in chosen.items() if found}
        kept["density"] = density

    with transaction(viewer.scope) as session:
        user = _user(session, viewer)
        user.page_size = size
        user.list_settings = _changed(user.list_settings, change)


def save_view(viewer: Viewer, list_id: str, *, name: str, query: str, is_shared: bool) -> None:
    """A view of the same name is replaced. Raises ConflictError where there is no room for it."""
    if not name:
        raise ConflictError("A saved view needs a name.")
    if len(name) > LONGEST_NAME or len(query) > LONGEST_QUERY:
        raise ConflictError("This view, or its name, is too long to be saved.")
    view = {"id": str(uuid4()), "list": list_id, "name": name, "query": query}
    view["by"] = str(viewer.user_id)

    def change(kept: dict[str, Any]) -> None:
        others = [
            each
            for each in kept.get("views", [])
            if (each["list"], each["name"], each["by"]) != (list_id, name, view["by"])
        ]
        if len(others) >= MOST_VIEWS:
            raise ConflictError(
                "There are %(most_views)s saved views: take one away first.", most_views=MOST_VIEWS
            )
        kept["views"] = [*others, view]

    with transaction(viewer.scope) as session:
        _change(session, viewer, change, is_shared=is_shared)


def delete_view(viewer: Viewer, view_id: str) -> None:
    """Raises NotFoundError, and NotAllowedError for a shared view of somebody else."""
    with transaction(viewer.scope) as session:
        user = _user(session, viewer)
        account = session.get_one(Account, viewer.account_id)
        views = settings_of(user, account).views
        view = next((each for each in views if each.id == view_id), None)
        if view is None:
            raise NotFoundError
        if not view.is_mine:
            raise NotAllowedError("Only who shared it, or an administrator, takes it away.")

        def change(kept: dict[str, Any]) -> None:
            kept["views"] = [each for each in kept["views"] if each["id"] != view.id]

        _change(session, viewer, change, is_shared=view.is_shared)


def _change(
    session: Session,
    viewer: Viewer,
    change: Callable[[dict[str, Any]], None],
    *,
    is_shared: bool,
) -> None:
    if not is_shared:
        user = _user(session, viewer)
        user.list_settings = _changed(user.list_settings, change)
        return
    account = session.scalars(
        sa.select(Account).where(Account.id == viewer.account_id).with_for_update()
    ).one()
    account.shared_views = _changed(account.shared_views, change)


def _changed(kept: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """A new one: SQLAlchemy notices no change within."""
    copy = dict(kept)
    change(copy)
    return copy


def _user(session: Session, viewer: Viewer) -> User:
    return session.scalars(sa.select(User).where(User.id == viewer.user_id).with_for_update()).one()


def _may_tidy(user: User) -> bool:
    from_role = PERMISSIONS[user.role]
    return bool(from_role & {Permission.MANAGE_USERS, Permission.ADMINISTER})


def _view(kept: dict[str, Any], *, is_shared: bool, is_mine: bool) -> SavedView:
    return SavedView(
        id=kept["id"],
        list_id=kept["list"],
        name=kept["name"],
        query=kept["query"],
        is_shared=is_shared,
        is_mine=is_mine,
    )
