"""What an operator must put right before Merx can run, as opposed to what a client did wrong."""


class Failure(Exception):
    """The command cannot go on; the message is one line, shown without a traceback."""


class EmbeddedFailure(Failure):
    """The embedded PostgreSQL cannot be made or started."""


class DatabaseUnusable(Failure):
    """The database cannot be reached, is too old, or does not fit this version of the code."""
