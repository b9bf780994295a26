"""Which images show a variant in particular, from the image's and from the variant's side."""

from fastapi import Request

from merx.api.admin.products.resources import PRODUCT
from merx.modules.product.product_images import assign_images, assign_variants
from merx.web.answers import answers
from merx.web.bodies import check_rows
from merx.web.crud import Members
from merx.web.reads import note_rows
from merx.web.router import Router
from merx.web.transactions import Write

router = Router(prefix="/products/{id}", tags=["images"])

Answer = dict[str, list[str]]


# An image without variants shows them all, so that others lose what one gets.
_SHOWN = "id,variants.id,variants.images.id"
_CHANGED = answers(added=list[str], removed=list[str])


@router.post("/images/{image_id}/variants/batch", openapi_extra=_CHANGED)
async def change_variants(
    id: str, image_id: str, request: Request, body: Members, tx: Write
) -> Answer:
    """Assign variants to the image, and unassign others."""
    check_rows(request, len(body.add), len(body.remove))
    await assign_variants(tx, id, image_id, body.add, body.remove)
    await note_rows(tx, PRODUCT, [id], _SHOWN)
    return {"added": body.add, "removed": body.remove}


@router.post("/variants/{variant_id}/images/batch", openapi_extra=_CHANGED)
async def change_images(
    id: str, variant_id: str, request: Request, body: Members, tx: Write
) -> Answer:
    """Assign images to the variant, and unassign others."""
    check_rows(request, len(body.add), len(body.remove))
    await assign_images(tx, id, variant_id, body.add, body.remove)
    await note_rows(tx, PRODUCT, [id], _SHOWN)
    return {"added": body.add, "removed": body.remove}
