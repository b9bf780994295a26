"""Bulk jobs: lines of NDJSON, each a row to create, update, delete or upsert."""
