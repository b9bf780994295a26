"""Routes that external services call."""
