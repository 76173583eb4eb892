"""What the catalogue is called: the one product of all reservations, their types, the segments."""

from collections.abc import Iterable
from enum import StrEnum

RESERVED_INSTANCES_CODE = "azure-plan-reserved-instances"
RESERVED_INSTANCES_NAME = "Azure Plan Reserved Instances"

COMMERCIAL = "commercial"
SEGMENTS = (COMMERCIAL, "education", "nonprofit")

# Azure Resource Manager's word → the people's, in the order of the ordering wizard.
_RESERVATION_TYPES = {
    "VirtualMachines": "Virtual Machine",
    "SqlDatabases": "SQL Database",
    "SqlDataWarehouse": "SQL Data Warehouse",
    "CosmosDb": "Cosmos DB",
    "Databricks": "Azure Databricks",
    "AppService": "App Services",
    "ManagedDisk": "Managed Disks",
    "BlockBlob": "Storage Reserved Capacity",
    "AzureDataExplorer": "Data Explorer",
    "MySql": "Database for MySQL",
    "MariaDb": "MariaDB",
    "PostgreSql": "PostgreSQL",
    "RedisCache": "Azure Redis Cache Premium",
}
_POSITIONS = {name: position for position, name in enumerate(_RESERVATION_TYPES.values())}


def reservation_type_name(arm_word: str) -> str:
    """The name people know; a type that Azure invents later keeps its own word."""
    return _RESERVATION_TYPES.get(arm_word, arm_word)


def in_wizard_order(names: Iterable[str]) -> list[str]:
    """The names of known types as the wizard lists them, then those we do not know."""
    return sorted(names, key=lambda name: (_POSITIONS.get(name, len(_POSITIONS)), name))


def software_product_code(microsoft_product_id: str) -> str:
    """Our code of a software plan; its title may change at Microsoft, its id does not."""
    return f"software-{microsoft_product_id.lower()}"


class RefreshState(StrEnum):
    """A run of bringing Microsoft's catalogue here."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return self.value.capitalize()
