"""The dictionary of what keeps a purchase from going through: cause, advice, field to mend."""

from dataclasses import dataclass

from app.domain.assets import AssetKind
from app.domain.sentences import said


@dataclass(frozen=True)
class Advice:
    """`field` names the field of the edit form that mends it; None where none does."""

    cause: str
    text: str
    field: str | None = None


_PLAN = Advice(
    said("The Azure plan that it is bought from is not active at Microsoft."),
    said(
        "Choose another Azure plan of this account, or have this one put right at Microsoft;"
        " then save to provision it again."
    ),
    "subscription_id",
)
_NOT_REGISTERED = Advice(
    said("The Azure plan is not registered for reservations at Microsoft."),
    said(
        "Saving registers it and tries again. If it fails once more, choose another Azure plan of"
        " this account."
    ),
    "subscription_id",
)
_NO_STOCK = Advice(
    said("Microsoft has not as many of them as were ordered."),
    said("Lower the quantity, or wait and save again without a change."),
    "quantity",
)
_TOO_MANY = Advice(
    said("With these the customer would have more than Microsoft permits."),
    said("Lower the quantity, or have Microsoft raise the customer's limit; then save."),
    "quantity",
)
_TENANT_LIMIT = Advice(
    said("The customer's tenant at Microsoft has reached a limit of its own."),
    said("Lower the quantity, or ask Microsoft what this tenant may hold; then save."),
    "quantity",
)
_CART = Advice(
    said("Microsoft found something wrong in what was to be bought."),
    said("Look at quantity and Azure plan against Microsoft's words; then save."),
    "quantity",
)
_NOT_SOLD = Advice(
    said("Microsoft does not sell this item on these terms any more."),
    said(
        "It cannot be cured here: refresh the catalogue, give this asset up and place a new order."
    ),
)
_NOT_THERE = Advice(
    said("Microsoft does not sell this item in the customer's country."),
    said("It cannot be cured here: give this asset up and order something that is sold there."),
)
_PRICE = Advice(
    said("Microsoft's price is not the one that the order was agreed on."),
    said("Nothing is bought at another price: give this asset up and place a new order."),
)
_RELATION = Advice(
    said("Microsoft knows no reseller relationship between us and this customer."),
    said("Have the customer accept our invitation at Partner Center; then save."),
)
_AGREEMENT = Advice(
    said("The customer has not accepted the Microsoft Customer Agreement."),
    said("Have it accepted and confirmed at Partner Center; then save."),
)
_ATTESTATION = Advice(
    said("Microsoft wants a declaration of the customer that it does not have yet."),
    said("Have the customer give it at Partner Center; then save."),
)
_PROGRAMME = Advice(
    said("Our own agreement or programme with Microsoft does not cover this sale."),
    said("Have an administrator look at the agreements in Partner Center; then save."),
)
_RIGHTS = Advice(
    said("Our account at Partner Center may not do this for this customer."),
    said("Have an administrator look at roles and markets in Partner Center; then save."),
)
_CREDIT = Advice(
    said("The purchase is above the credit that Microsoft gives."),
    said("Tell finance: pay at Microsoft or have the credit raised; then save."),
)
_REVIEW = Advice(
    said("Microsoft is reviewing the customer, or has locked it."),
    said("Wait for Microsoft's decision or ask its support; then save."),
)
_NOT_ELIGIBLE = Advice(
    said("The customer is not eligible for this purchase."),
    said("Ask Microsoft's support why, with the request ID of the timeline; then save."),
)
_MALFORMED = Advice(
    said("Microsoft could not make sense of what we sent."),
    said("This is our mistake: pass on the request ID of the timeline before you save."),
)
_MISSING = Advice(
    said("Microsoft does not find the customer, the cart or the order."),
    said("Check the account's Microsoft tenant ID, wait some minutes, then save."),
)
_AFTERWARDS = Advice(
    said("Microsoft does not permit this change of what was bought."),
    said("Nothing is to be mended here: look at it in Partner Center or in the Azure portal."),
)
_TOO_LATE = Advice(
    said("The days in which Microsoft takes it back are over."),
    said("Nothing is to be mended here: it runs to its end."),
)
_LATER = Advice(
    said("Microsoft is not ready for this yet."),
    said("Nothing is to be done: we ask again by ourselves."),
)
_THROTTLED = Advice(
    said("We asked Microsoft too often in a short time."),
    said("Nothing is to be done: we wait as long as Microsoft says and ask again by ourselves."),
)
_UNCLEAR = Advice(
    said("Microsoft has not said whether the order was carried out: it is perhaps bought."),
    said("Do not order it again. We keep asking, and take over the order if there is one."),
)
_ACCESS = Advice(
    said("Our access to Microsoft does not work: sign-in, consent or certificate."),
    said("Have an administrator look at Setup, Microsoft. What waits goes on by itself then."),
)
_LATE = Advice(
    said("Microsoft has an order of ours that arrived late."),
    said("Nothing is to be done: it is looked at again at once. Do not order it again."),
)
_CANCELLED = Advice(
    said("Microsoft took the order and cancelled it."),
    said("Ask Microsoft why before you save to provision it again."),
)
_DIFFERS = Advice(
    said("What Microsoft holds is not what was ordered."),
    said("Look at the order in Partner Center; do not save before it is clear what was bought."),
)
_OTHER = Advice(
    said("Microsoft gave a reason that this dictionary does not know."),
    said("Put right what is named here, then save to provision it again."),
)

# Partner Center's codes (Partner Center developer documentation, "Error codes"), HTTP statuses of
# answers without a code, and ours in words.
_CODES: dict[Advice, str] = {
    _PLAN: "800011 800012 800021",
    _NOT_REGISTERED: "800013 800030",
    _NO_STOCK: "800010 800017 not_available",
    _TOO_MANY: "800066 800067 800068 800088 800089",
    _TENANT_LIMIT: "800018 900116 900419",
    _CART: "800009",
    _NOT_SOLD: "not_sold 800028 2085 2091 800020 800004 900142 400013 400018 400019",
    _NOT_THERE: "800070 400030 400036",
    _PRICE: "price_changed",
    _RELATION: "20002",
    _AGREEMENT: "13605",
    _ATTESTATION: "900203 900206",
    _PROGRAMME: "900124 900123 800039",
    _RIGHTS: "2030 2032 900150 403",
    _CREDIT: "800023 800025 900121",
    _REVIEW: "800069 800073 800074 800075 900416",
    _NOT_ELIGIBLE: "800022 800024 800026 800062",
    _MALFORMED: "800002 3000 900126 0 501 bad_id",
    _MISSING: "1000 20000 20003 800008 800037 60003 404 unknown_tenant",
    _AFTERWARDS: (
        "800019 800061 800063 900141 800077 800090 800091 800093 800095 800096 800097 800098"
        " 2001 2002 2054 900279"
    ),
    _TOO_LATE: "900117",
    _LATER: "800007 800014 900278 2055 800036 412 417 provider_paused",
    _THROTTLED: "429 call_budget",
    _UNCLEAR: (
        "800060 800064 800065 800003 800005 800031 800087 800094 408 409 500 502 503 504"
        " timeout no_answer unreadable cart_expired not_sent_again"
    ),
    _ACCESS: (
        "400 401 900420 800001 900329 untrusted no_refresh_token odd_token no_token no_token_answer"
        " not_set_up"
    ),
    _LATE: "late_order",
    _CANCELLED: "order_cancelled",
    _DIFFERS: "cart_differs order_differs",
}
BY_CODE: dict[str, Advice] = {
    code: advice for advice, codes in _CODES.items() for code in codes.split()
}


def advice_for(code: str | None, kind: AssetKind) -> Advice:
    """Of a code that nobody knows: to read Microsoft's words."""
    advice = BY_CODE.get(code or "", _OTHER)
    if advice.field == "subscription_id" and kind is not AssetKind.RESERVATION:
        return _OTHER  # a software subscription hangs on no plan
    return advice


def is_microsofts(code: str | None) -> bool:
    """Whether the code is Microsoft's own: ours are words."""
    return bool(code) and str(code).isdecimal()
