"""Reads a file of products from any supported program, recognised by its columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merx.workflows.imports.drafts import Faults, ReadingOptions
from merx.workflows.imports.merx_layout import MerxLayout
from merx.workflows.imports.shopify import ShopifyLayout, is_shopify
from merx.workflows.imports.staging import Layout, Staging, delimiter_of, open_sheet
from merx.workflows.imports.woocommerce import WooLayout, is_woocommerce


@dataclass(slots=True)
class Source:
    """A file that was read: its products, errors and unknown columns.

    It keeps a temporary file until it is closed.
    """

    staging: Staging
    options: ReadingOptions
    faults: Faults
    unknown: list[str]
    to_create: int = 0
    to_update: int = 0

    def close(self) -> None:
        """Delete the temporary file."""
        self.staging.close()


def read_source(path: Path, options: ReadingOptions) -> Source:
    """Read a whole file and check everything that does not need the shop. Blocks for a while.

    Raises InvalidData if it is not a file of products.
    """
    faults = Faults()
    with path.open(encoding="utf-8-sig", newline="") as text:
        sheet = open_sheet(text, delimiter_of(path), faults)
        layout, unknown, options = _layout(sheet.head, options)
        staging = Staging(layout)
        staging.fill(sheet.rows, faults)
    source = Source(staging, options, faults, unknown)
    for draft in staging.drafts(faults):
        staging.check_unique(draft, faults)
        if draft.id:
            source.to_update += 1
        else:
            source.to_create += 1
    return source


def _layout(
    head: Sequence[str], options: ReadingOptions
) -> tuple[Layout, list[str], ReadingOptions]:
    """The layout for the columns.

    Files of other shops name tags and categories that do not exist yet.
    """
    if is_shopify(head):
        shopify = ShopifyLayout(head, options)
        return shopify, shopify.unknown, replace(options, create_missing=True)
    if is_woocommerce(head):
        woo = WooLayout(head, options)
        return woo, woo.unknown, replace(options, create_missing=True)
    own = MerxLayout(head, options)
    return own, own.unknown, options
