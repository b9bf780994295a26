"""Routes under /store/customers."""
