"""/admin/promotions and /admin/campaigns."""
