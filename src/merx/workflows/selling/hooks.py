"""What hooks can be about among what is sold and how."""

from merx.workflows.hooks import Subject

PROMOTIONS = Subject("promotion")
CAMPAIGNS = Subject("campaign")
CARTS = Subject("cart")
