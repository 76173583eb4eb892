"""The dictionary of errors: it knows every code that can be met, and says what can be done."""

import ast
from pathlib import Path

import pytest

from app.domain.assets import AssetKind
from app.integrations.microsoft.errors import CLASS_OF_CODE
from app.services.provisioning_advice import BY_CODE, advice_for, is_microsofts
from sandbox.spoiled_answers import _USUAL_CODES

REPOSITORY = Path(__file__).parents[3]
OURS = ("app/domain", "app/integrations/microsoft", "app/services")
FIELDS = {None, "quantity", "subscription_id"}


def texts_of_calls(folder, names):
    """The texts among the arguments of calls of these names in a folder's modules."""
    for path in (REPOSITORY / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                for argument in [*node.args, *(each.value for each in node.keywords)]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value


def codes_of_the_sandbox():
    refused = {
        text for text in texts_of_calls("sandbox", {"RefusedError", "fault"}) if text.isdecimal()
    }
    return sorted(refused | set(_USUAL_CODES.values()))


def our_codes():
    """The words that purchases and the client of Microsoft's systems use for codes."""
    makers = {"AccessLostError", "TryLaterError", "OutcomeUnknownError", "RefusedError"}
    makers |= {"failure", "RecordTrouble", "RecordFailed"}
    found = {text for folder in OURS for text in texts_of_calls(folder, makers)}
    return sorted(text for text in found if "_" in text or text.isalpha())


def test_the_scan_finds_codes():
    assert len(codes_of_the_sandbox()) > 25
    assert {"untrusted", "not_available", "order_differs"} <= set(our_codes())


@pytest.mark.parametrize("code", codes_of_the_sandbox())
def test_every_code_that_the_sandbox_answers_is_known(code):
    assert code in BY_CODE


@pytest.mark.parametrize("code", sorted(CLASS_OF_CODE))
def test_every_code_that_the_client_judges_is_known(code):
    assert code in BY_CODE


@pytest.mark.parametrize("code", our_codes())
def test_every_code_of_ours_is_known(code):
    assert code in BY_CODE


STATUSES = "400 401 403 404 408 409 412 417 429 500 501 502 503 504"


@pytest.mark.parametrize("status", STATUSES.split())
def test_every_answer_without_a_code_is_known_by_its_status(status):
    assert status in BY_CODE


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_each_says_cause_and_advice_in_sentences_and_names_a_field_of_the_form(code):
    advice = BY_CODE[code]

    assert advice.cause.endswith(".")
    assert advice.text.endswith(".")
    assert advice.field in FIELDS


def test_what_nobody_knows_is_left_to_microsofts_words():
    assert "does not know" in advice_for("123456", AssetKind.RESERVATION).cause
    assert "does not know" in advice_for(None, AssetKind.RESERVATION).cause


def test_no_software_subscription_is_told_of_an_azure_plan():
    assert advice_for("800011", AssetKind.RESERVATION).field == "subscription_id"
    assert advice_for("800011", AssetKind.SOFTWARE_SUBSCRIPTION).field is None


def test_ours_are_words():
    assert is_microsofts("800010")
    assert not is_microsofts("price_changed")
    assert not is_microsofts(None)
