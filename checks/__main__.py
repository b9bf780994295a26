"""`python -m checks`: name what stands in the wrong place; part of `make check`."""

import sys

from checks.workflows import misplaced


def main() -> None:
    """Exit with 1 when a file belongs elsewhere."""
    found = misplaced()
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(bool(found))


main()
