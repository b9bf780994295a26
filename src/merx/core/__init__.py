"""The foundation: database, ids, money, time, errors. Knows nothing of commerce."""
