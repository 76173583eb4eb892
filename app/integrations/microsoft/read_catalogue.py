"""Reads customers, the catalogue and registrations out of Microsoft's JSON."""

from app.integrations.microsoft.fields import Fields, array, same_id, spelled, spellings
from app.integrations.microsoft.results import (
    Availability,
    CatalogueProduct,
    CatalogueSku,
    InventoryAnswer,
    MicrosoftAgreement,
    MicrosoftCustomer,
    RefundOption,
    RegistrationState,
    Term,
)

_REGISTRATION_STATES = {
    "notregistered": RegistrationState.NOT_REGISTERED,
    "registering": RegistrationState.REGISTERING,
    "registered": RegistrationState.REGISTERED,
}
_PREREQUISITES = spellings("InventoryCheck", "AzureSubscriptionRegistration")


def read_customer(fields: Fields) -> MicrosoftCustomer:
    company = fields.object("companyProfile")
    return MicrosoftCustomer(
        id=fields.id("id"),
        company_name=company.text("companyName"),
        domain=company.text("domain"),
        country=fields.object("billingProfile").object("defaultAddress").text("country"),
        relationship=fields.text("relationshipToPartner"),
    )


def read_agreement(fields: Fields) -> MicrosoftAgreement:
    agreed_at = fields.instant("dateAgreed")
    return MicrosoftAgreement(
        type=fields.text("type") or fields.required_text("agreementType"),
        agreed_on=agreed_at.date() if agreed_at else None,
    )


def read_product(fields: Fields, target_view: str) -> CatalogueProduct:
    return CatalogueProduct(
        id=fields.id("id"),
        title=fields.text("title"),
        description=fields.text("description"),
        target_view=target_view,
    )


def read_sku(fields: Fields) -> CatalogueSku:
    minimum = fields.optional_integer("minimumQuantity")
    prerequisites = fields.texts("purchasePrerequisites")
    return CatalogueSku(
        id=fields.id("id"),
        product_id=fields.id("productId"),
        title=fields.text("title"),
        description=fields.text("description"),
        minimum_quantity=1 if minimum is None else minimum,
        maximum_quantity=fields.optional_integer("maximumQuantity"),
        purchase_prerequisites=tuple(spelled(text, _PREREQUISITES) for text in prerequisites),
        attributes=fields.object("dynamicAttributes").texts_by_name(),
    )


def read_availability(fields: Fields) -> Availability:
    return Availability(
        id=fields.id("id"),
        product_id=fields.id("productId"),
        sku_id=fields.id("skuId"),
        catalog_item_id=fields.text("catalogItemId") or fields.required_text("catalogId"),
        is_purchasable=fields.flag("isPurchasable"),
        currency=fields.object("defaultCurrency").text("code"),
        terms=tuple(_read_term(term) for term in fields.objects("terms")),
    )


def _read_term(fields: Fields) -> Term:
    options = [
        option
        for policy in fields.objects("cancellationPolicies")
        for option in policy.objects("refundOptions")
    ]
    return Term(
        duration=fields.optional_text("duration"),
        description=fields.text("description"),
        billing_cycle=fields.text("billingCycle"),
        refund_options=tuple(_read_refund_option(option) for option in options),
    )


def _read_refund_option(fields: Fields) -> RefundOption:
    # The documentation spells it both ways.
    expires_after = fields.text("expiresAfter") or fields.text("expiresAt")
    return RefundOption(type=fields.text("type"), expires_after=expires_after)


def read_inventory(value: object, product_id: str, sku_id: str) -> InventoryAnswer | None:
    """The answer for one SKU. An item that Microsoft's catalogue lacks is left out: None."""
    for fields in array(value):
        found = fields.id("productId"), fields.id("skuId")
        if same_id(found[0], product_id) and same_id(found[1], sku_id):
            restrictions = fields.objects("restrictions")
            reasons = [item.text("description", item.text("reasonCode")) for item in restrictions]
            return InventoryAnswer(
                product_id=found[0],
                sku_id=found[1],
                is_restricted=fields.required_flag("isRestricted"),
                reason=" ".join(reason for reason in reasons if reason),
            )
    return None


def read_registration(fields: Fields) -> RegistrationState:
    status = fields.required_text("status").lower()
    return _REGISTRATION_STATES.get(status, RegistrationState.UNKNOWN)
