"""/admin/price-lists."""
