"""Routes under /admin/returns."""
