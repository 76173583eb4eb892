"""Routes: every view says who may open it, in URLs of one style."""

import re

import pytest
from flask import Blueprint

from app.domain.access import Permission
from app.web.policy import SAFE_METHODS, policy, policy_of

OURS = {
    "auth.sign_in",
    "auth.check_sign_in",
    "auth.sign_out",
    "auth.land",
    "auth.choose_language",
    "auth.choose_theme",
    "auth.forgotten_password",
    "auth.ask_for_link",
    "auth.link_is_sent",
    "auth.new_password",
    "auth.choose_password",
}
PUBLIC = OURS | {"brand_logo", "brand_style", "health.healthz", "health.readyz", "static", "states"}
BSS = {
    Permission.VIEW_AUDIT,
    Permission.VIEW_BSS,
    Permission.EDIT_ASSETS,
    Permission.PROVISION,
    Permission.VIEW_COST,
    Permission.MANAGE_PRICES,
    Permission.MANAGE_INVOICES,
    Permission.ADMINISTER,
    Permission.EXPORT,
}


def test_every_view_has_a_policy_that_covers_its_methods(the_app):
    for rule in the_app.url_map.iter_rules():
        found = policy_of(the_app.view_functions[rule.endpoint])

        assert found is not None, rule.endpoint
        if not found.is_public:
            is_read = bool(rule.methods - {"OPTIONS"} & SAFE_METHODS)
            is_written = bool(rule.methods - SAFE_METHODS)
            assert (found.read is not None) == is_read, rule.endpoint
            assert (found.write is not None) == is_written, rule.endpoint


def test_only_the_known_views_are_public(the_app):
    found = {name for name, view in the_app.view_functions.items() if policy_of(view).is_public}

    assert found == PUBLIC


def test_the_back_office_asks_for_permissions_of_staff(the_app):
    for rule in the_app.url_map.iter_rules():
        if rule.endpoint.startswith("bss."):
            found = policy_of(the_app.view_functions[rule.endpoint])
            assert {found.read, found.write} - {None} <= BSS, rule.endpoint
            assert rule.rule.startswith("/bss/"), rule.rule


def test_urls_are_in_kebab_case_and_ids_are_uuids(the_app):
    for rule in the_app.url_map.iter_rules():
        if rule.endpoint not in {"static", "states"}:
            assert re.fullmatch(r"(/([a-z0-9-]+|<uuid:\w+>))*/?", rule.rule), rule.rule


def test_a_policy_is_either_public_or_names_what_it_needs():
    with pytest.raises(ValueError, match="either public"):
        policy(public=True, read=Permission.VIEW_BSS)
    with pytest.raises(ValueError, match="either public"):
        policy()


def test_views_are_short(the_app):
    """A view reads the request, calls one service, chooses the answer."""
    for name, view in the_app.view_functions.items():
        code = view.__code__
        last = max(line for _, _, line in code.co_lines() if line is not None)
        assert last - code.co_firstlineno <= 20, name


def test_every_blueprint_of_the_app_is_registered(the_app):
    assert set(the_app.blueprints) == {"storefront", "bss", "auth", "health"}
    assert all(isinstance(each, Blueprint) for each in the_app.blueprints.values())
