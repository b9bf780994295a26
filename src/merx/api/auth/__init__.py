"""`/auth`: how one becomes known to the shop."""
