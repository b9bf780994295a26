// What an application sees of refusals: FetchErrors with status and message.
import { connect, connectAdmin, failure, report } from "./shop.mjs"

report(async ({ name }) => {
  const shop = await connectAdmin("api-key")
  const { product } = await shop.admin.product.create({
    title: name,
    options: [{ title: "Color", values: ["Blue"] }],
    variants: [{ title: "Blue", sku: name, options: { Color: "Blue" }, prices: [] }],
  })
  const blue = { title: "Blue Shirt", options: { Color: "Blue" }, prices: [] }
  const products = shop.admin.product

  return {
    anonymous: await failure(connect().admin.product.list()),
    badKey: await failure(connect({ apiKey: "sk_none" }).admin.product.list()),
    missing: await failure(products.retrieve("prod_none")),
    invalid: await failure(products.createVariant(product.id, { options: {} })),
    combination: await failure(products.createVariant(product.id, blue)),
    sku: await failure(
      products.batchVariants(product.id, { create: [{ title: "Other", sku: name, prices: [] }] }),
    ),
    link: await failure(
      products.batchVariantInventoryItems(product.id, {
        create: [
          {
            inventory_item_id: "iitem_none",
            variant_id: product.variants[0].id,
            required_quantity: 1,
          },
        ],
      }),
    ),
  }
})
