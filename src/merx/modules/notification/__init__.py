"""Notifications and mails."""
