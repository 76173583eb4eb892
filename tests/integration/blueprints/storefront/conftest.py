"""What tests of the storefront's pages share."""

import pytest

from tests.support.storefront_world import World


@pytest.fixture
def world(app):
    return World()
