"""Copies a Medusa shop's database into an empty Merx.

`source` reads there. `staging` copies each table unchanged, by COPY. `layout` describes the tables
here. `differences` declares what differs. `writing` turns staged rows into rows here, `totals`
computes what is stored with rows here; `move` runs all of it.
"""
