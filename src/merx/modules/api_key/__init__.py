"""API keys: publishable ones open the store API, secret ones act as an admin."""
