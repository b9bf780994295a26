"""Webhooks: URLs outside the shop that receive its events."""
