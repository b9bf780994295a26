"""Who buys, and the groups that price."""
