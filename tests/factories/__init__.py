"""Makes what tests need, one function per thing."""
