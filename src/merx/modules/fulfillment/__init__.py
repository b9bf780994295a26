"""How goods reach the buyer: shipping profiles and providers."""
