"""What hooks can be about among prices.

Prices of variants come with the bodies of products and variants, and with their hooks.
"""

from merx.core.hooks import Subject

PRICE_LISTS = Subject("price_list")
"""A batch of a list's prices is an update of the list, whose body is the batch."""
