"""Who calls: admins, customers, storefronts, keys."""
