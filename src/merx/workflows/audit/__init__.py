"""Undoing what the audit log tells of."""
