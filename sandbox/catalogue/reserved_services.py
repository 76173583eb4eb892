"""The other services whose capacity can be reserved."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.catalogue.regions import Reach


@dataclass(frozen=True)
class ReservationType:
    """One of the thirteen kinds of reservation: ARM's word, the people's, and the SKU title's."""

    arm_type: str
    name: str
    title: str


@dataclass(frozen=True)
class ReservedService:
    """Its price is for one year in EU West."""

    type: ReservationType
    arm_sku_name: str
    category: str
    yearly_price: Decimal
    reach: Reach
    terms: tuple[str, ...] = ("P1Y", "P3Y")


VIRTUAL_MACHINE = ReservationType("VirtualMachines", "Virtual Machine", "Reserved VM Instance")
_SQL_DATABASE = ReservationType("SqlDatabases", "SQL Database", "SQL Database Reserved vCore")
_SQL_WAREHOUSE = ReservationType(
    "SqlDataWarehouse", "SQL Data Warehouse", "SQL Data Warehouse Reserved Capacity"
)
_COSMOS_DB = ReservationType("CosmosDb", "Cosmos DB", "Azure Cosmos DB Reserved Capacity")
_DATABRICKS = ReservationType("Databricks", "Azure Databricks", "Azure Databricks Pre-Purchase")
_APP_SERVICE = ReservationType("AppService", "App Services", "App Service Reserved Instance")
_MANAGED_DISK = ReservationType("ManagedDisk", "Managed Disks", "Managed Disks Reserved Capacity")
_STORAGE = ReservationType(
    "BlockBlob", "Storage Reserved Capacity", "Azure Storage Reserved Capacity"
)
_DATA_EXPLORER = ReservationType(
    "AzureDataExplorer", "Data Explorer", "Azure Data Explorer Reserved Capacity"
)
_MYSQL = ReservationType("MySql", "Database for MySQL", "Azure Database for MySQL Reserved vCore")
_MARIADB = ReservationType("MariaDb", "MariaDB", "Azure Database for MariaDB Reserved vCore")
_POSTGRESQL = ReservationType(
    "PostgreSql", "PostgreSQL", "Azure Database for PostgreSQL Reserved vCore"
)
_REDIS = ReservationType(
    "RedisCache", "Azure Redis Cache Premium", "Azure Redis Cache Premium Reserved Capacity"
)

_EVERYWHERE = (
    (_SQL_DATABASE, "SQLDB_GP_Compute_Gen5", "General purpose", "391.2050"),
    (_SQL_DATABASE, "SQLDB_BC_Compute_Gen5", "Business critical", "1054.7318"),
    (_SQL_DATABASE, "SQLMI_GP_Compute_Gen5", "Managed instance", "412.6640"),
)
_MAIN_REGIONS = (
    (_SQL_DATABASE, "SQLDB_HS_Compute_Gen5", "Hyperscale", "521.9077"),
    (_SQL_WAREHOUSE, "SQLDW_cDWU_100", "Compute optimized", "4730.2125"),
    (_APP_SERVICE, "AppService_P1v3_Windows", "Premium v3", "1012.4406"),
    (_APP_SERVICE, "AppService_P1v3_Linux", "Premium v3", "684.9214"),
    (_APP_SERVICE, "AppService_P2v3_Linux", "Premium v3", "1369.8428"),
    (_APP_SERVICE, "AppService_I1v2_Windows", "Isolated v2", "1968.3350"),
    (_STORAGE, "Blob_Hot_LRS_100TB", "Hot, LRS", "16840.1100"),
    (_STORAGE, "Blob_Hot_GRS_100TB", "Hot, GRS", "35910.7420"),
    (_STORAGE, "Blob_Cool_LRS_100TB", "Cool, LRS", "9274.5608"),
    (_STORAGE, "Blob_Archive_LRS_100TB", "Archive, LRS", "1671.2034"),
    (_DATA_EXPLORER, "Azure_Data_Explorer_Markup_vCore", "Markup units", "528.1733"),
    (_MYSQL, "MySQL_GP_Compute_Gen5", "General purpose", "351.6280"),
    (_MYSQL, "MySQL_MO_Compute_Gen5", "Memory optimized", "463.5092"),
    (_MARIADB, "MariaDB_GP_Compute_Gen5", "General purpose", "338.0451"),
    (_MARIADB, "MariaDB_MO_Compute_Gen5", "Memory optimized", "449.3306"),
    (_POSTGRESQL, "PostgreSQL_GP_Compute_Gen5", "General purpose", "362.4187"),
    (_POSTGRESQL, "PostgreSQL_MO_Compute_Gen5", "Memory optimized", "471.9963"),
    (_REDIS, "Redis_Premium_P1", "Premium P1", "1725.8800"),
    (_REDIS, "Redis_Premium_P2", "Premium P2", "3451.7600"),
    (_REDIS, "Redis_Premium_P3", "Premium P3", "6903.5200"),
)
# Disks are reserved for one year only.
_DISKS = (
    (_MANAGED_DISK, "Premium_SSD_P30", "Premium SSD", "1284.3015"),
    (_MANAGED_DISK, "Premium_SSD_P40", "Premium SSD", "2463.7744"),
    (_MANAGED_DISK, "Premium_SSD_P50", "Premium SSD", "4712.0908"),
)
_GLOBAL = (
    (_COSMOS_DB, "Cosmos_DB_100_RUs", "Request units", "48.2106"),
    (_COSMOS_DB, "Cosmos_DB_10_Thousand_RUs", "Request units", "4676.4282"),
    (_COSMOS_DB, "Cosmos_DB_1_Million_RUs", "Request units", "397496.3970"),
    (_COSMOS_DB, "Cosmos_DB_5_Million_RUs", "Request units", "1870571.2800"),
    (_DATABRICKS, "Databricks_12500_DBCU", "Commit units", "11125.0000"),
    (_DATABRICKS, "Databricks_25000_DBCU", "Commit units", "21750.0000"),
    (_DATABRICKS, "Databricks_100000_DBCU", "Commit units", "82000.0000"),
)

RESERVED_SERVICES = tuple(
    ReservedService(type_, arm_sku_name, category, Decimal(yearly_price), reach, terms)
    for reach, terms, rows in (
        (Reach.EVERYWHERE, ("P1Y", "P3Y"), _EVERYWHERE),
        (Reach.MAIN_REGIONS, ("P1Y", "P3Y"), _MAIN_REGIONS),
        (Reach.MAIN_REGIONS, ("P1Y",), _DISKS),
        (Reach.GLOBAL, ("P1Y", "P3Y"), _GLOBAL),
    )
    for type_, arm_sku_name, category, yearly_price in rows
)
