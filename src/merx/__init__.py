"""Merx: a headless commerce backend that speaks the Medusa v2 HTTP API."""

__version__ = "0.1.0"
