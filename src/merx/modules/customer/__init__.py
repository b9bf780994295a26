"""Customers, their addresses and their groups."""
