"""Prices: price sets, prices, rules, price lists."""
