"""Payments: collections, sessions, captures, refunds and providers."""
