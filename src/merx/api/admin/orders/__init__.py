"""/admin/orders."""
