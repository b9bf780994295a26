"""Idempotency keys: requests that may arrive twice and are done once."""
