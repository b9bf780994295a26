"""Creates test data, with one function for each kind of row."""
