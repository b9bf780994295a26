"""Which modules mistakes are put into, and which tests should notice them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Area:
    """Part of the code with its tests: those that run it in their own process, and recordings."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    recordings: str

    def files(self, root: Path) -> list[Path]:
        """The modules of the area below a folder; a pattern after `!` leaves some out."""
        left_out = {p for one in self.sources if one[0] == "!" for p in root.glob(f"src/{one[1:]}")}
        found = {p for one in self.sources if one[0] != "!" for p in root.glob(f"src/{one}")}
        return sorted(path for path in found - left_out if path.name != "__init__.py")


AREAS = {
    "pricing": Area(
        ("merx/modules/pricing/*.py", "merx/workflows/pricing/*price*.py"),
        (
            "tests/modules/pricing",
            "tests/api/admin/test_calculated_prices.py",
            "tests/api/admin/test_price_lists.py",
            "tests/api/admin/test_regions.py",
            "tests/api/admin/test_prices_follow.py",
            "tests/api/store/test_prices_and_stock_of_lists.py",
            "tests/api/store/test_catalogue.py",
            "tests/workflows/test_same_prices.py",
            "tests/workflows/test_races_of_price_lists.py",
            "tests/speed/test_statements_of_price_lists.py",
            "tests/extensions/test_hooks_of_writes.py",
            "tests/api/admin/test_footprints.py",
        ),
        "calculated_prices or price_lists or price_preferences or regions",
    ),
    "stock": Area(
        ("merx/modules/inventory/*.py", "merx/workflows/stock/*.py"),
        (
            "tests/modules/inventory",
            "tests/api/admin/test_inventory_items.py",
            "tests/api/admin/test_location_levels.py",
            "tests/api/admin/test_movements.py",
            "tests/api/admin/test_reservations.py",
            "tests/api/admin/test_stock_locations.py",
            "tests/api/admin/test_inventory_export.py",
            "tests/api/admin/test_variants_and_stock.py",
            "tests/workflows/test_races_of_stock.py",
            "tests/workflows/test_shared_locks.py",
            "tests/outbox/test_emit.py",
            "tests/extensions/test_hooks_of_writes.py",
            "tests/speed/test_lock_order.py",
            "tests/api/admin/test_footprints.py",
        ),
        "inventory or reservations or stock_locations",
    ),
    "options": Area(
        (
            "merx/modules/product/*option*.py",
            "merx/workflows/catalogue/*option*.py",
            "merx/workflows/catalogue/generate_variants.py",
        ),
        (
            "tests/modules/product/test_options.py",
            "tests/api/admin/test_product_options.py",
            "tests/api/admin/test_options_of_products.py",
            "tests/api/admin/test_generated_variants.py",
            "tests/api/admin/test_variant_batches.py",
            "tests/api/admin/test_product_batches.py",
            "tests/api/admin/test_products.py",
            "tests/workflows/test_races_of_options.py",
            "tests/speed/test_catalogue_statements.py",
            "tests/speed/test_lock_order.py",
            "tests/api/admin/test_footprints_of_products.py",
        ),
        "product_options or variants",
    ),
    "auth": Area(
        ("merx/modules/auth/*.py", "merx/access/*.py", "merx/api/auth/*.py"),
        (
            "tests/modules/auth",
            "tests/api/auth",
            "tests/api/test_doors.py",
            "tests/api/store/test_store_access.py",
            "tests/workflows/test_mails.py",
            "tests/api/store/test_customers.py",
            "tests/api/admin/test_users.py",
            "tests/cli/test_commands.py",
        ),
        "auth or invites or password_resets or api_keys or store_access",
    ),
    "links": Area(
        (
            "merx/links/[cps]*.py",
            "!merx/links/selling.py",
            "merx/workflows/catalogue/link_inventory.py",
            "merx/workflows/catalogue/variant_inventory.py",
            "merx/modules/product/product_links.py",
        ),
        (
            "tests/api/admin/test_inventory_links.py",
            "tests/api/store/test_prices_and_stock_of_lists.py",
            "tests/api/store/test_filters_of_products.py",
            "tests/api/store/test_catalogue.py",
            "tests/modules/pricing",
            "tests/workflows/test_taxes.py",
            "tests/api/admin/test_unlinked.py",
            "tests/api/store/test_rules_of_the_unlinked.py",
            "tests/api/admin/test_price_lists.py",
            "tests/api/admin/test_bulk.py",
            "tests/workflows/test_shared_locks.py",
            "tests/extensions/test_hooks.py",
            "tests/extensions/test_hooks_of_writes.py",
            "tests/api/admin/test_variants_and_stock.py",
            "tests/api/admin/test_variants.py",
            "tests/api/admin/test_products.py",
            "tests/api/admin/test_product_updates.py",
            "tests/api/admin/test_fields.py",
            "tests/modules/inventory",
            "tests/workflows/test_races_of_stock.py",
            "tests/speed/test_lock_order.py",
            "tests/api/admin/test_footprints_of_products.py",
        ),
        "inventory_links or products or variants or reads",
    ),
    "batch": Area(
        ("merx/batch/*.py",),
        (
            "tests/batch",
            "tests/api/admin/test_variant_batches.py",
            "tests/api/admin/test_variant_batch_updates.py",
            "tests/api/admin/test_product_batches.py",
            "tests/api/admin/test_bad_input.py",
            "tests/api/test_error_policies.py",
            "tests/api/admin/test_customers.py",
            "tests/api/admin/test_sales_channels.py",
            "tests/api/store/carts",
            "tests/workflows/test_races_of_updates.py",
        ),
        "batch",
    ),
    "query": Area(
        ("merx/query/*.py",),
        (
            "tests/query",
            "tests/api/admin/test_fields.py",
            "tests/api/admin/test_filter_texts.py",
            "tests/api/admin/test_edges.py",
            "tests/api/admin/test_product_variants.py",
            "tests/api/admin/test_products.py",
            "tests/api/store/test_filters_of_products.py",
            "tests/api/store/test_catalogue.py",
            "tests/api/store/test_cursors.py",
            "tests/api/store/test_facets.py",
            "tests/api/admin/test_calculated_prices.py",
            "tests/api/admin/test_unlinked.py",
            "tests/speed/test_plans.py",
            "tests/api/admin/test_product_categories.py",
            "tests/api/test_openapi.py",
        ),
        "reads or products",
    ),
}
