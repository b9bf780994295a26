"""The databases that the settings name: the primary, and standbys that answer reads."""

from merx.core.database import Database
from merx.core.hosts import each_host, name_of
from merx.core.standbys import CONNECTION_SECONDS, Standby, Standbys
from merx.settings import Settings


def database_of(settings: Settings) -> Database:
    """The primary; it is opened when the application starts."""
    after_statement = None
    if settings.metrics_port:
        from merx.web.metrics import count_statement as after_statement  # noqa: PLC0415

    return Database(
        settings.database_url or "",
        pooled_past=settings.direct_database_url if settings.is_pooled else None,
        pool_size=settings.pool_size,
        statement_cache_size=settings.statement_cache_size,
        lock_seconds=settings.lock_seconds,
        connection_seconds=settings.connection_seconds,
        is_audited=settings.audit,
        generic_plans=settings.generic_plans,
        after_statement=after_statement,
    )


def standbys_of(settings: Settings, primary: Database) -> Standbys | None:
    """The standbys that answer reads, if there are any."""
    if not settings.read_database_url:
        return None
    waits = min(settings.connection_seconds, CONNECTION_SECONDS)
    standbys = [
        Standby(
            database_of(
                settings.model_copy(update={"database_url": url, "connection_seconds": waits})
            ),
            name_of(url),
        )
        for url in each_host(settings.read_database_url)
    ]
    return Standbys(primary, standbys, settings.read_lag_seconds)
