"""Countries that share a currency and tax habit."""
