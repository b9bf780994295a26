"""Products from files: read, checked as a whole, written a part at a time."""
