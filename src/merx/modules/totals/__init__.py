"""What a cart, a draft or an order comes to: one pure function, and the columns that keep it."""
