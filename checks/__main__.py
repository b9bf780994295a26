"""`python -m checks`: name what stands in the wrong place or would block; part of `make check`."""

import sys

from checks.migrations import blocking
from checks.workflows import misplaced


def main() -> None:
    """Exit with 1 when a file belongs elsewhere, or a migration would stop the shop."""
    found = [*misplaced(), *blocking()]
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(bool(found))


main()
