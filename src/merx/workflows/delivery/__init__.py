"""Where and how locations deliver, and the goods they hand over."""
