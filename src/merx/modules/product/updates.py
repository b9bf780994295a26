"""What an update knows of each product and variant that it changes: one record for each."""

from dataclasses import dataclass

from merx.modules.product.schemas import ProductPatch, VariantPatch
from merx.modules.product.service import LockedVariant


@dataclass(frozen=True, slots=True)
class ProductUpdate:
    """A product to change, its patch, and the patch's path in the request."""

    id: str
    patch: ProductPatch
    path: str


@dataclass(frozen=True, slots=True)
class VariantUpdate:
    """A variant to change, its product, its patch, and the patch's path in the request."""

    id: str
    product_id: str
    patch: VariantPatch
    path: str

    def gives(self, field: str) -> bool:
        """Whether the patch contains the field."""
        return field in self.patch.model_fields_set


@dataclass(frozen=True, slots=True)
class LockedUpdate(VariantUpdate):
    """The same, with the variant as it was locked."""

    present: LockedVariant
