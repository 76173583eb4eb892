"""The connection test: one cheap call for each thing that must hold, and what it proves."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict

from app.config import Settings
from app.database import reading
from app.domain.access import Viewer
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError, PartnerCenterClient
from app.services.microsoft_connection import open_tokens
from app.services.microsoft_setup import Trial, get_connection, store_tests

_NO_CUSTOMER = said("There is no customer to ask about yet.")


def try_connection(viewer: Viewer, settings: Settings) -> tuple[Trial, ...]:
    """Ask Microsoft four things now, and keep the answers for the page.

    With tokens of its own: nothing that was answered before counts.
    """
    get_connection(viewer, settings)  # whether this viewer may at all
    reading(viewer.scope).rollback()  # nothing stays open while Microsoft thinks
    with (
        closing(open_tokens(settings)) as tokens,
        closing(PartnerCenterClient(settings.microsoft, tokens)) as client,
    ):
        calls = (
            (
                said("Application"),
                said("Tenant, application and its secret are right."),
                lambda: bool(tokens.app_token()),
            ),
            (
                said("Consent"),
                said("The application may act with the person who consented."),
                lambda: bool(tokens.user_token()),
            ),
            (
                said("Customers"),
                said("Partner Center lets the application read customers."),
                lambda: client.find_first_customer_id() is not None,
            ),
            (
                said("App+User"),
                said("Partner Center accepts the consent, as for agreements and entitlements."),
                lambda: _asks_with_user(client),
            ),
        )
        outcomes = list(_outcomes(calls))
    store_tests(viewer, [asdict(outcome) for outcome in outcomes])
    return tuple(outcomes)


def _asks_with_user(client: PartnerCenterClient) -> bool:
    customer_id = client.find_first_customer_id()
    if customer_id is not None:
        client.list_agreements(customer_id)
    return customer_id is not None


def _outcomes(calls: tuple[tuple[str, str, Callable[[], bool]], ...]) -> Iterator[Trial]:
    for name, proves, ask in calls:
        started = time.monotonic()
        words, has_passed = "", False
        try:
            has_passed = ask()
            words = "" if has_passed else _NO_CUSTOMER
        except MicrosoftError as error:
            words = error.message
        yield Trial(
            name=name,
            proves=proves,
            has_passed=has_passed,
            words=words,
            milliseconds=round((time.monotonic() - started) * 1000),
        )
