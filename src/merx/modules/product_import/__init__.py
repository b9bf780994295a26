"""Files of products that are to be written to the shop."""
