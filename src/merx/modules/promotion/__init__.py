"""Promotions and the campaigns that bound them."""
