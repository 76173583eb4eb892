"""What tests of the back office's pages share."""

import pytest

from tests.support.back_office import BackOffice, staff


@pytest.fixture
def office(app):
    return BackOffice()


@pytest.fixture
def bss(sign_in, app):
    """A client signed in as a staff administrator."""
    return sign_in(staff())
