"""Currencies by code."""
