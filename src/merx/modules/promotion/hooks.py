"""What hooks can be about among promotions."""

from merx.core.hooks import Subject

PROMOTIONS = Subject("promotion")
CAMPAIGNS = Subject("campaign")
