"""An example program: creates a product and a variant through the generated client.

`python client_example.py URL TOKEN`, with `shop_client` on the path.
"""

import sys

from shop_client import AuthenticatedClient
from shop_client.api.products import post_products
from shop_client.api.variants import post_products_id_variants
from shop_client.models import (
    CreateProduct,
    CreateVariant,
    CreateVariantOptions,
    OptionInput,
    PostProductsIdVariantsResponse200,
    PostProductsResponse200,
    PriceInput,
)


def create(client: AuthenticatedClient) -> tuple[str, float]:
    """The title of the new variant and its first price."""
    colour = OptionInput(title="Colour", values=["Red", "Blue"])
    body = CreateProduct(title="Generated", options=[colour])
    made = post_products.sync(client=client, body=body)
    assert isinstance(made, PostProductsResponse200)
    variant = CreateVariant(
        title="Red",
        options=CreateVariantOptions.from_dict({"Colour": "Red"}),
        prices=[PriceInput(currency_code="eur", amount=19.5)],
    )
    changed = post_products_id_variants.sync(made.product.id, client=client, body=variant)
    assert isinstance(changed, PostProductsIdVariantsResponse200)
    assert changed.product.variants
    [created] = changed.product.variants
    assert created.prices
    amount = created.prices[0].amount
    assert isinstance(amount, float | int)
    return str(created.title), amount


if __name__ == "__main__":
    url, token = sys.argv[1:]
    with AuthenticatedClient(url, token) as client:
        title, amount = create(client)
        sys.stdout.write(f"{title} {amount}")
