"""What an operator decides about points: variables MERX_LOYALTY_*."""

from pydantic import Field

from merx.extending import Section


class LoyaltySettings(Section, env_prefix="MERX_LOYALTY_"):
    """The settings of the extension."""

    welcome_points: int = Field(default=10, ge=0, description="points of a new customer")


SETTINGS = LoyaltySettings()
