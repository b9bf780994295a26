"""Stock: inventory items, their levels by location, and reservations."""
