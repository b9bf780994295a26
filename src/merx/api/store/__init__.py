"""Routes under /store."""
