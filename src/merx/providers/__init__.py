"""What the shop can hand to others: each kind is a Protocol with the shop's own way beside it."""
