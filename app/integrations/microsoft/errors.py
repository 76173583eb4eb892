"""What a call to Microsoft can fail with, named by what the caller must do next."""

from http import HTTPStatus
from typing import TypedDict, Unpack


class SentIds(TypedDict, total=False):
    request_id: str
    correlation_id: str


class Circumstances(SentIds, total=False):
    code: str
    http_status: int | None
    ms_request_id: str


class MicrosoftError(Exception):
    """A call that brought no usable answer.

    `message` is Microsoft's text where there is one, `code` its code (see the table below) or one
    of ours in words; `request_id` and `correlation_id` are what we sent, `ms_request_id` what the
    answer named.
    """

    def __init__(self, message: str, **circumstances: Unpack[Circumstances]) -> None:
        super().__init__(message)
        self.message = message
        self.code = circumstances.get("code", "")
        self.http_status = circumstances.get("http_status")
        self.request_id = circumstances.get("request_id", "")
        self.correlation_id = circumstances.get("correlation_id", "")
        self.ms_request_id = circumstances.get("ms_request_id", "")


class RefusedError(MicrosoftError):
    """A definite no: nothing was done, and asking again unchanged brings the same answer."""


class TryLaterError(MicrosoftError):
    """Nothing was done; ask the same again, not before `retry_after` seconds where it is given."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(message, **circumstances)
        self.retry_after = retry_after


class OutcomeUnknownError(MicrosoftError):
    """Perhaps done, perhaps not: ask the cart or the order, conclude nothing from this."""


class AccessLostError(MicrosoftError):
    """Nothing was done: our token, our rights or our configuration must be mended first."""


# Partner Center's error codes (Partner Center developer documentation, "Error codes"). A code that
# is missing here is judged by its HTTP status alone.
_REFUSED = """
    2030 2032 900150 20002 13605 900124 900123 800039 2085 2091 800020 800028 800004 900142 800070
    800002 3000 900126 1000 20000 20003 800008 800037 60003 800009 800010 800017 800011 800012
    800021 800013 800030 800018 900116 900419 800066 800067 800068 800088 800089 800023 800025
    900121 800069 800073 800074 800075 900416 800022 800024 800026 800062 900203 900206 800019
    800061 800063 900141 800077 900117 800090 800091 800093 800095 800096 800097 800098 2001 2002
    2054 900279 400013 400018 400019 400030 400036
"""
_TRY_LATER = "800007 800014 900278 2055 800036"
_OUTCOME_UNKNOWN = "800060 800064 800065 800003 800005 800031 800087 800094"
_ACCESS_LOST = "900420 800001 900329"

CLASS_OF_CODE: dict[str, type[MicrosoftError]] = {
    **dict.fromkeys(_REFUSED.split(), RefusedError),
    **dict.fromkeys(_TRY_LATER.split(), TryLaterError),
    **dict.fromkeys(_OUTCOME_UNKNOWN.split(), OutcomeUnknownError),
    **dict.fromkeys(_ACCESS_LOST.split(), AccessLostError),
}

_CLASS_OF_STATUS: dict[int, type[MicrosoftError]] = {
    HTTPStatus.UNAUTHORIZED: AccessLostError,
    HTTPStatus.REQUEST_TIMEOUT: OutcomeUnknownError,
    HTTPStatus.TOO_MANY_REQUESTS: TryLaterError,
    HTTPStatus.NOT_IMPLEMENTED: RefusedError,
}
_CLASS_OF_STATUS_WITHOUT_KNOWN_CODE: dict[int, type[MicrosoftError]] = {
    HTTPStatus.CONFLICT: OutcomeUnknownError,
    HTTPStatus.PRECONDITION_FAILED: TryLaterError,
    HTTPStatus.EXPECTATION_FAILED: TryLaterError,
}


def class_of(http_status: int, code: str) -> type[MicrosoftError]:
    """Which error an answer outside 2xx is. A failure of the server proves nothing, whatever its
    code says; a conflict that we do not know may mean that the order is under way."""
    if http_status in _CLASS_OF_STATUS:
        return _CLASS_OF_STATUS[http_status]
    if not HTTPStatus.BAD_REQUEST <= http_status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknownError
    if code in CLASS_OF_CODE:
        return CLASS_OF_CODE[code]
    return _CLASS_OF_STATUS_WITHOUT_KNOWN_CODE.get(http_status, RefusedError)
