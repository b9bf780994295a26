"""Compares Merx with bare SQL for the same work, and with the reference: `make bench`."""
