"""What it costs: price sets, prices, rules, price lists."""
