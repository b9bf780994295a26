"""Carts, promotions, payments and deliveries: what leads to an order."""
