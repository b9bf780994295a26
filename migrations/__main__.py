"""`make migration m="…"`: writes the next migration from what changed in the models."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from merx.core.embedded import EmbeddedPostgres
from merx.core.migrations import config
from merx.core.schema_state import revisions


def main() -> None:
    """Compare the models with a database made by the migrations so far; write the difference."""
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('Say what changes: make migration m="variant: add color"')
    known = revisions()
    number = f"{int(known[-1]) + 1 if known else 1:04}"
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder) / "postgres") as server,
    ):
        alembic = config(server.url())
        command.upgrade(alembic, "head")
        command.revision(alembic, message=sys.argv[1], autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main()
