"""How many rows the long lists have, kept by triggers as the rows come and go."""
