"""Problems that an operator must fix before Merx can run, as opposed to client errors."""


class OperatorError(Exception):
    """The command cannot continue; the message is one line, shown without a traceback."""


class EmbeddedError(OperatorError):
    """The embedded PostgreSQL cannot be created or started."""


class DatabaseUnusable(OperatorError):
    """The database cannot be reached, is too old, or does not match this version of the code."""
