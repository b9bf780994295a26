"""Imports of products from files."""
