"""Promotions and their campaigns."""
