"""Reasons for returns."""
