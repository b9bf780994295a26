"""Where data and files are stored, and how the database is reached."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from merx.settings.kinds import Folder, SecretUrl, Section


class Storage(Section):
    """Where data and files are stored, and how the database is reached."""

    data_dir: Folder = Field(
        default_factory=lambda: Path(".merx").absolute(),
        description="folder of the embedded database and of generated secrets",
    )
    database_url: SecretUrl = Field(
        default=None,
        description="postgresql://user:password@host/name, version 15 or newer; "
        "unset: an embedded PostgreSQL in the data folder",
    )
    direct_database_url: SecretUrl = Field(
        default=None,
        description="URL of the database without the pooler, for migrations, commands and NOTIFY",
    )
    read_database_url: SecretUrl = Field(
        default=None,
        description="standbys that answer reads of /store: a URL with one host or several "
        "(docs/guides/more-than-one-machine.md)",
    )
    read_admin_lists: bool = Field(
        default=False, description="let standbys answer the lists of /admin too"
    )
    read_lag_seconds: float = Field(
        default=5,
        gt=0,
        le=300,
        description="how far behind a standby may be for those who have not written themselves",
    )
    pooler: Literal["none", "transaction"] = Field(
        default="none",
        description="transaction: MERX_DATABASE_URL is a pooler such as PgBouncer that gives a "
        "connection for a transaction only (docs/guides/more-than-one-machine.md)",
    )
    pool_size: int = Field(default=10, ge=1, description="database connections per worker")
    statement_cache_size: int = Field(
        default_factory=lambda values: 0 if values.get("pooler") == "transaction" else 200,
        ge=0,
        description="prepared statements per connection; 200, or 0 behind a pooler of transactions "
        "(PgBouncer 1.21 with max_prepared_statements takes more)",
    )
    audit: bool = Field(
        default=True,
        description="write down who changes catalogue, prices and stock, field by field "
        "(docs/reference/audit.md)",
    )
    audit_months: int = Field(
        default=12, ge=1, le=1200, description="whole months that the audit log is kept"
    )
    generic_plans: bool = Field(
        default=True,
        description="plans of statements do not depend on values (decision 0010); off for engines "
        "whose plans need them",
    )
    lock_seconds: float = Field(
        default=5,
        gt=0,
        description="seconds that a change waits for locked rows before 409",
    )
    connection_seconds: float = Field(
        default=10, gt=0, description="seconds that a request waits for a connection before 503"
    )
    files: str = Field(
        default_factory=lambda values: str(values["data_dir"] / "files"),
        description="where files are kept: a folder that all servers share, or s3://bucket/path "
        "(gs://, az://) with the credentials of the environment, such as AWS_ACCESS_KEY_ID",
    )
    dashboard: Folder = Field(
        default_factory=lambda values: values["data_dir"] / "dashboard",
        description="folder of the dashboard that `merx dashboard install` builds, served at /app",
    )
