"""Delivery: shipping profiles and options, fulfillments, and their providers."""
