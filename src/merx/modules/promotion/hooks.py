"""Subjects of hooks for promotions."""

from merx.core.hooks import Subject
from merx.modules.promotion.schemas import (
    CreateCampaign,
    CreatePromotion,
    UpdateCampaign,
    UpdatePromotion,
)

PROMOTIONS = Subject("promotion", (CreatePromotion, UpdatePromotion))
CAMPAIGNS = Subject("campaign", (CreateCampaign, UpdateCampaign))
