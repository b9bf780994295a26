"""Translations: texts in other languages."""
