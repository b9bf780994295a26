"""Routes that services outside call."""
