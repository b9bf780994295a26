"""How the pages of the dashboard are arranged."""
