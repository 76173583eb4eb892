"""The storefront's asset view tells what happened, without what only staff may know."""

import pytest

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.languages import Language
from app.models import Asset
from app.services.asset_events import add_asset_event
from tests.factories import AccountFactory, OrderFactory, ReservationFactory, UserFactory
from tests.support.html import page, words


def test_the_customer_is_told_in_plain_words(app, client, sign_in, at_most):
    account = AccountFactory()
    order = OrderFactory(account=account, decided_by_name="Nikos of the reseller")
    asset = ReservationFactory(account=account, order_id=order.id)
    changes = {"Scope": ["Shared", "Single"], "Product ID": ["A:B", "secret words"]}
    with app.app_context(), transaction(SYSTEM_SCOPE) as session:
        stored = session.get_one(Asset, asset.id)
        add_asset_event(session, stored, "drifted", actor="refresh", detail={"changes": changes})
        add_asset_event(session, stored, "expired", actor="schedule")
    browser = sign_in(UserFactory(account=account))

    with at_most(6):
        answer = browser.get(f"/billing/assets/reservations/{asset.id}/")

    told = [words(each) for each in page(answer).select(".tl .strong")]
    assert told[:2] == ["Expired", "Changed at Microsoft"]
    assert set(told[2:]) == {"Approved", "Ordered"}
    assert "Scope: Shared → Single" in answer.text
    for hidden in ("secret words", "Nikos", "schedule"):
        assert hidden not in answer.text


def test_a_given_up_asset_says_why(client, sign_in):
    account = AccountFactory()
    asset = ReservationFactory(
        account=account,
        failed=True,
        cancelled=True,
        cancellation_reason="This size is not sold in your region any more.",
    )

    text = (
        sign_in(UserFactory(account=account)).get(f"/billing/assets/reservations/{asset.id}/").text
    )

    assert "This asset is cancelled" in text
    assert "not sold in your region any more" in text
    assert "Nothing was bought at Microsoft" in text


@pytest.mark.parametrize(
    ("language", "words_of_the_system"),
    [
        (Language.EL, "Ακυρώθηκε στη Microsoft."),
        (Language.DE, "Bei Microsoft storniert."),
        (Language.EN, "Cancelled at Microsoft."),
    ],
)
def test_why_the_system_cancelled_is_said_in_the_readers_language(
    client, sign_in, language, words_of_the_system
):
    account = AccountFactory()
    asset = ReservationFactory(
        account=account, cancelled=True, cancellation_reason="Cancelled at Microsoft."
    )
    readers = {
        "/billing/assets/reservations": UserFactory(account=account, language=language),
        "/bss/billing/assets": UserFactory(
            staff=True, role=Role.STAFF_ADMINISTRATOR, language=language
        ),
    }

    for path, reader in readers.items():
        answer = sign_in(reader).get(f"{path}/{asset.id}/")

        told = [words(each) for each in page(answer).select(".banner p")]
        assert any(words_of_the_system in each for each in told), path
