"""Routes under /admin/products."""
