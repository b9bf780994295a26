"""Who can log in, and with what."""
