"""Reverts batches of the audit log."""
