"""Carts, promotions, payments and shipping: everything that leads to an order."""
