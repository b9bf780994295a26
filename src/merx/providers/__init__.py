"""What the shop can leave to external services: a Protocol for each kind, with the shop's own
implementation.
"""
