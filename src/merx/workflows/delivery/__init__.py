"""Delivery: shipping options, fulfillment sets and fulfillments."""
