"""Bulk jobs: files of rows that are written to the shop in the background."""
