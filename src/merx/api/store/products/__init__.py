"""Routes under /store/products."""
