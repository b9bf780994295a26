"""Single variants: the batch workflows with the checks of the single routes."""

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.product.schemas import CreateVariant, UpdateVariant
from merx.modules.product.service import hold_variants, lock_product
from merx.modules.product.updates import VariantUpdate
from merx.workflows.catalogue.batch_variants import missing_product
from merx.workflows.catalogue.create_variants import Draft, create_variants
from merx.workflows.catalogue.delete_variants import delete_variants
from merx.workflows.catalogue.update_variants import update_variants


async def create_variant(tx: Transaction, product_id: str, body: CreateVariant) -> str:
    """Create a variant; returns its id. Raises the errors of `create_variants`."""
    await lock_product(tx, product_id, missing_product(product_id))
    [variant_id] = await create_variants(tx, [Draft(product_id, body, "")])
    return variant_id


async def update_variant(
    tx: Transaction, product_id: str, variant_id: str, body: UpdateVariant
) -> None:
    """Change a variant; NotFound if it is not a live variant of this product."""
    held = (await hold_variants(tx, product_id, [variant_id])).own
    if not held:
        raise NotFound(f"Variants with ids: {variant_id} were not found on product {product_id}")
    await update_variants(tx, [VariantUpdate(variant_id, product_id, body, "")], held=held)


async def delete_variant(tx: Transaction, product_id: str, variant_id: str) -> None:
    """Delete a variant; deleting an id that does not exist succeeds."""
    held = await hold_variants(tx, product_id, [variant_id], to_delete=True)
    await delete_variants(tx, held, [variant_id])
