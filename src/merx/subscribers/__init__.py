"""Reactions to events: one file each, listed in `app.py: own_subscribers`."""
