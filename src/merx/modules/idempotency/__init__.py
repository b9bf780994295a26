"""Requests that may come twice and are done once."""
