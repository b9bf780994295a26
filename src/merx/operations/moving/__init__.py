"""Moving in: a Medusa shop's database copied into an empty Merx.

`source` reads there. `staging` brings each table over as it is, by COPY. `layout` knows the tables
here. `differences` declares what is not the same by name. `writing` writes staged rows into their
tables, `totals` what is kept beside rows here; `move` runs all of it.
"""
