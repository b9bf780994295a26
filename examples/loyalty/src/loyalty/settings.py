"""What an operator decides about points."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LoyaltySettings(BaseSettings):
    """Variables MERX_LOYALTY_*."""

    model_config = SettingsConfigDict(env_prefix="MERX_LOYALTY_")

    welcome_points: int = Field(default=10, ge=0, description="points of a new customer")
