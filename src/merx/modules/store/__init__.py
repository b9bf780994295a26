"""The store: defaults of the whole shop."""
