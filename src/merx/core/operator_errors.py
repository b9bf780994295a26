"""What an operator must put right before Merx can run, as opposed to what a client did wrong."""


class OperatorError(Exception):
    """The command cannot go on; the message is one line, shown without a traceback."""


class EmbeddedError(OperatorError):
    """The embedded PostgreSQL cannot be made or started."""


class DatabaseUnusable(OperatorError):
    """The database cannot be reached, is too old, or does not fit this version of the code."""
