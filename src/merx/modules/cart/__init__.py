"""What somebody is about to buy, until it becomes an order."""
