"""What a person can do about a purchase that Microsoft refused."""

from dataclasses import dataclass

from app.domain.assets import AssetKind


@dataclass(frozen=True)
class Advice:
    """`field` names the field of the edit form that mends it; None where none does."""

    text: str
    field: str | None = None


_PLAN = Advice(
    "Choose another Azure plan of this account, or have this one put right at Microsoft;"
    " then save to provision it again.",
    "subscription_id",
)
_QUANTITY = Advice(
    "Lower the quantity, or wait and save again without a change.",
    "quantity",
)
_NOT_SOLD = Advice("What was agreed is not sold on these terms any more: it needs a new order.")
_STANDING = Advice(
    "Settle this with Microsoft first: credit, agreements or the review of the customer;"
    " then save to provision it again."
)
_CANCELLED = Advice("Ask Microsoft why before you save to provision it again.")
_OTHER = Advice("Put right what is named here, then save to provision it again.")

# Partner Center's error codes (Partner Center developer documentation, "Error codes"), and ours
# in words.
_BY_CODE: dict[str, Advice] = {
    **dict.fromkeys(["800011", "800012", "800021", "800013", "800030"], _PLAN),
    **dict.fromkeys(
        ["800010", "800017", "not_available", "800066", "800067", "800068", "800088", "800089"],
        _QUANTITY,
    ),
    **dict.fromkeys(
        [
            "price_changed",
            "not_sold",
            "800028",
            "2085",
            "2091",
            "800020",
            "800004",
            "900142",
            "800070",
        ],
        _NOT_SOLD,
    ),
    **dict.fromkeys(
        [
            "800023",
            "800025",
            "900121",
            "800069",
            "800073",
            "800074",
            "800075",
            "900416",
            "900124",
            "900123",
            "800039",
        ],
        _STANDING,
    ),
    "order_cancelled": _CANCELLED,
}


def advice_for(code: str | None, kind: AssetKind) -> Advice:
    advice = _BY_CODE.get(code or "", _OTHER)
    if advice is _PLAN and kind is not AssetKind.RESERVATION:
        return _OTHER  # a software subscription hangs on no plan
    return advice


def is_microsofts(code: str | None) -> bool:
    """Whether the code is Microsoft's own: ours are words."""
    return bool(code) and str(code).isdecimal()
