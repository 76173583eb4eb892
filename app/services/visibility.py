"""The first wall: which rows of a table a viewer's queries ask for."""

from typing import Any

import sqlalchemy as sa

from app.domain.access import Viewer
from app.models.tenancy import Owned


def visible_to(viewer: Viewer, model: type[Owned]) -> sa.ColumnElement[bool]:
    """A reseller sees its own rows and its customers', a customer its own, staff every row."""
    columns: Any = model
    if viewer.is_staff:
        return sa.true()
    if viewer.is_reseller:
        return columns.tenant_id == viewer.account_id  # type: ignore[no-any-return]
    return columns.account_id == viewer.account_id  # type: ignore[no-any-return]
