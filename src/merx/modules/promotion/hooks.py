"""Subjects of hooks for promotions."""

from merx.core.hooks import Subject

PROMOTIONS = Subject("promotion")
CAMPAIGNS = Subject("campaign")
