"""Who may call: admins, customers, storefronts and API keys."""
