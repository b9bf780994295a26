"""The embedded PostgreSQL, for a shop with no database of its own yet, and for tests."""

from merx.core.embedded.server import SHOP_SETTINGS, EmbeddedPostgres, programs
from merx.core.embedded.watchdog import kept_running

__all__ = ["SHOP_SETTINGS", "EmbeddedPostgres", "kept_running", "programs"]
