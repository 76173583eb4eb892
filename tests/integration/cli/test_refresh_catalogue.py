"""`entrepot refresh-catalogue` fills an empty installation with what Microsoft sells."""

import sqlalchemy as sa

from app.models import Sku
from tests import factories


def test_it_says_what_is_for_sale_now(app, entrepot, sandbox):
    result = entrepot("refresh-catalogue")

    assert result.code == 0
    assert "SKUs" in result.out
    assert factories.session.scalar(sa.select(sa.func.count()).select_from(Sku)) > 2000
