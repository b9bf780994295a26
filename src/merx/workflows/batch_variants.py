"""Delete, update and create variants of one product in one transaction."""

from collections import Counter
from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.product.schemas import BatchedVariantPatch, BatchVariants
from merx.modules.product.service import lock_product
from merx.workflows.create_variants import Draft, create_variants
from merx.workflows.delete_variants import delete_variants
from merx.workflows.update_variants import update_variants


async def batch_variants(
    tx: Transaction, product_id: str, batch: BatchVariants
) -> tuple[list[str], list[str]]:
    """Delete, then update, then create; the ids of the created and of the updated, in input order.

    A variant that is deleted and updated in one call is deleted, as on the reference.
    """
    if not (batch.create or batch.update or batch.delete):
        return [], []
    await lock_product(tx, product_id, _missing(product_id, batch))
    _refuse_repeats(batch.update)
    gone = set(batch.delete)
    patches = {patch.id: patch for patch in batch.update if patch.id not in gone}
    await delete_variants(tx, product_id, batch.delete)
    await update_variants(tx, product_id, patches)
    drafts = [
        Draft(product_id, variant, f"create[{place}]") for place, variant in enumerate(batch.create)
    ]
    created = await create_variants(tx, drafts)
    return created, list(patches)


def _missing(product_id: str, batch: BatchVariants) -> str:
    if batch.create and not (batch.update or batch.delete):
        return missing_product(product_id)
    return ""


def missing_product(product_id: str) -> str:
    """The reference's words for a new variant whose product does not exist."""
    return f"You tried to set relationship product_id: {product_id}, but such entity does not exist"


def _refuse_repeats(patches: Sequence[BatchedVariantPatch]) -> None:
    counts = Counter(patch.id for patch in patches)
    repeated = [variant_id for variant_id, count in counts.items() if count > 1]
    if repeated:
        raise InvalidData(
            f"Cannot update variants more than once in one call: {', '.join(repeated)}"
        )
