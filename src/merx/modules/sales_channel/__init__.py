"""Where products are offered."""
