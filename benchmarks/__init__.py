"""What Merx costs beside the bare SQL of the same work, and beside the reference: `make bench`."""
