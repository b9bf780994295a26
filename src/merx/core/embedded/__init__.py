"""The embedded PostgreSQL, for shops without a database of their own and for tests."""

from merx.core.embedded.server import SHOP_SETTINGS, EmbeddedPostgres, programs
from merx.core.embedded.watchdog import kept_running

__all__ = ["SHOP_SETTINGS", "EmbeddedPostgres", "kept_running", "programs"]
