"""Who may do what, and how far a viewer's transactions see."""

from uuid import UUID

import pytest

from app.domain.access import AccountKind, Permission, Role, Scope, ScopeKind, Viewer


def viewer(kind, role):
    return Viewer(
        user_id=UUID(int=1),
        name="Eleni",
        email="eleni@entrepot.example",
        account_id=UUID(int=2),
        account_name="Aegean Foods S.A.",
        account_kind=kind,
        role=role,
    )


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (AccountKind.DISTRIBUTOR, Scope(ScopeKind.ALL)),
        (AccountKind.RESELLER, Scope(ScopeKind.TENANT, UUID(int=2))),
        (AccountKind.END_CUSTOMER, Scope(ScopeKind.ACCOUNT, UUID(int=2))),
        (AccountKind.DIRECT_CUSTOMER, Scope(ScopeKind.ACCOUNT, UUID(int=2))),
    ],
)
def test_only_staff_see_everything_and_only_resellers_their_customers(kind, scope):
    assert viewer(kind, Role.ADMINISTRATOR).scope == scope


@pytest.mark.parametrize("kind", [AccountKind.END_CUSTOMER, AccountKind.DIRECT_CUSTOMER])
def test_a_customers_administrator_has_no_customers_and_no_brand(kind):
    administrator = viewer(kind, Role.ADMINISTRATOR)

    of_resellers = [
        Permission.APPROVE_ORDERS,
        Permission.VIEW_CUSTOMERS,
        Permission.MANAGE_CUSTOMERS,
        Permission.MANAGE_BRAND,
    ]
    assert not [each for each in of_resellers if administrator.may(each)]
    assert all(viewer(AccountKind.RESELLER, Role.ADMINISTRATOR).may(each) for each in of_resellers)


@pytest.mark.parametrize("role", [role for role in Role if not role.value.startswith("staff_")])
def test_no_storefront_role_opens_the_back_office_or_a_cost(role):
    person = viewer(AccountKind.RESELLER, role)

    assert not person.may(Permission.VIEW_BSS)
    assert not person.may(Permission.VIEW_COST)


@pytest.mark.parametrize(
    ("role", "may_see_costs"),
    [
        (Role.STAFF_SUPPORT, False),
        (Role.STAFF_PROVISIONING, False),
        (Role.STAFF_BILLING, True),
        (Role.STAFF_ADMINISTRATOR, True),
    ],
)
def test_a_cost_is_for_billing_and_administrators(role, may_see_costs):
    assert viewer(AccountKind.DISTRIBUTOR, role).may(Permission.VIEW_COST) is may_see_costs


def test_support_reads_and_changes_nothing_but_its_profile():
    support = viewer(AccountKind.DISTRIBUTOR, Role.STAFF_SUPPORT)

    assert {each for each in Permission if support.may(each)} == {
        Permission.VIEW_BSS,
        Permission.EXPORT,
        Permission.EDIT_PROFILE,
    }
