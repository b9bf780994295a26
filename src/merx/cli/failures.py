"""A database that fails while a command works is told in one line, not by a traceback."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager

from merx.core.operator_errors import DatabaseUnusable, OperatorError


@contextmanager
def failures_told() -> Generator[None]:
    """Raise `DatabaseUnusable` instead of what says that the database is away or full."""
    try:
        yield
    except OperatorError:
        raise
    except Exception as error:
        causes = list(_causes(error))
        if not any(_is_of_database(cause) for cause in causes):
            raise
        said = str(causes[-1]) or type(causes[-1]).__name__
        raise DatabaseUnusable(
            f"The database failed: {said}. Run the command again when it works"
        ) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_of_database(error: BaseException) -> bool:
    # Loaded here, for most commands need none of it to fail.
    from merx.core.database import DatabaseAway, DatabaseBusy, is_loss

    # On its own, a TimeoutError may be anybody's.
    is_known = isinstance(error, DatabaseAway | DatabaseBusy | ConnectionError)
    return is_known or (is_loss(error) and not isinstance(error, TimeoutError))
