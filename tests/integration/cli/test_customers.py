import sqlalchemy as sa

from app.models import Account
from tests import factories


def count_accounts():
    factories.session.rollback()
    return factories.session.scalars(sa.select(sa.func.count()).select_from(Account)).one()


def test_import_customers_stores_what_differs_and_then_nothing(entrepot, app, sandbox):
    preview = entrepot("import-customers", "--preview")
    assert "New      Aegean Foods S.A." in preview.out
    assert preview.out.endswith("Nothing was stored: this is a preview.\n")
    assert count_accounts() == 0

    first = entrepot("import-customers")
    stored = count_accounts()
    assert stored >= 6
    assert first.out.endswith(f"{stored} customers were new, changed or gone.\n")

    again = entrepot("import-customers")
    assert again.out == "0 customers were new, changed or gone.\n"


def test_import_customers_says_in_one_sentence_what_went_wrong(entrepot, app, sandbox):
    sandbox.fault("customers", "status:500", times=1)

    ended = entrepot("import-customers")

    assert ended.code == 1
    assert ended.err.endswith("\nOrdered by a test.\n")
    assert count_accounts() == 0
