"""The ground: database, ids, money, time, errors. Knows no commerce."""
