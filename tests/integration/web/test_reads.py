"""A GET writes nothing, whoever asks for whatever page there is."""

import pytest

from app.domain.access import AccountKind
from tests.factories import AccountFactory, UserFactory

WRITES = ("insert", "update", "delete", "truncate", "merge")


def pages_of(flask_app):
    return sorted(
        rule.rule
        for rule in flask_app.url_map.iter_rules()
        if "GET" in rule.methods and not rule.arguments
    )


@pytest.mark.parametrize("kind", list(AccountKind))
def test_a_get_writes_nothing_and_never_fails(app, client, sign_in, at_most, kind):
    if kind is AccountKind.DISTRIBUTOR:
        user = UserFactory(staff=True)
    elif kind is AccountKind.END_CUSTOMER:
        reseller = AccountFactory(reseller_account=True)
        user = UserFactory(account=AccountFactory.customer_of(reseller))
    else:
        user = UserFactory(account=AccountFactory(kind=kind))
    sign_in(user)

    for path in pages_of(app):
        with at_most(20) as sent:
            response = client.get(path)

        assert response.status_code in {200, 303, 403, 404, 410}, path
        assert [each for each in sent if each.lower().lstrip().startswith(WRITES)] == [], path
