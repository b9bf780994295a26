"""What is in stock: items, levels by location, reservations."""
