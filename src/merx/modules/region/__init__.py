"""Regions: countries that share a currency and tax settings."""
