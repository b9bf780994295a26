"""Why buyers send goods back."""
