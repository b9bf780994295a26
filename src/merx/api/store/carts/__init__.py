"""Routes under /store/carts."""
