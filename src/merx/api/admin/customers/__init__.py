"""Routes under /admin/customers."""
