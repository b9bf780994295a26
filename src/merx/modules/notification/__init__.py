"""Who sends messages."""
