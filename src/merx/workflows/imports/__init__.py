"""Imports of products from files: read, validated as a whole, written in parts."""
