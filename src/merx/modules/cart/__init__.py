"""Carts: what a customer is about to buy, until it becomes an order."""
