"""Places with stock."""
