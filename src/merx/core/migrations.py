"""Brings a database to the newest schema, with Alembic."""

from alembic import command
from alembic.config import Config

from merx.core.schema_state import OWN, History, folder


def config(url: str, history: History = OWN) -> Config:
    """Alembic's configuration, in place of an alembic.ini."""
    configuration = Config(attributes={"url": url, "table": history.table})
    configuration.set_main_option("version_locations", str(history.folder).replace("%", "%%"))
    configuration.set_main_option("script_location", str(folder()).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return configuration


def upgrade(url: str, history: History = OWN) -> None:
    """Run the missing migrations; processes that do so at the same time take turns."""
    command.upgrade(config(url, history), "head")
