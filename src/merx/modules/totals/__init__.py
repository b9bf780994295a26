"""Totals of carts, drafts and orders: one pure function, and the columns that store them."""
