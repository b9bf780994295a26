"""What was asked to be written to a file."""
