"""Routes under /admin/inventory-items."""
