"""Users: the people who run the shop."""
