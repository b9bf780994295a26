"""Taxes: regions, rates, rules and providers."""
