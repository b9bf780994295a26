"""/admin/draft-orders."""
