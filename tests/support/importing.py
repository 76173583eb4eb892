"""Readings of customers at Partner Center."""

from uuid import uuid4

import factory

from app.domain.customer_import import ImportState
from app.models import CustomerImport
from tests.factories import ModelFactory


class CustomerImportFactory(ModelFactory):
    """A reading that nobody has begun."""

    class Meta:
        model = CustomerImport

    id = factory.LazyFunction(uuid4)
    state = ImportState.QUEUED
    requested_by = "Eleni Papadaki"
