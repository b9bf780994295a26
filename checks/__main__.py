"""`python -m checks`: name what is in the wrong place, untyped or blocks; part of `make check`."""

import sys

from checks.migrations import blocking
from checks.rows import untyped
from checks.workflows import misplaced


def main() -> None:
    """Exit with 1 for a misplaced file, a row without type, or a migration that stops the shop."""
    found = [*misplaced(), *untyped(), *blocking()]
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(bool(found))


main()
