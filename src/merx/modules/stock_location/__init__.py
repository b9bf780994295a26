"""Stock locations."""
