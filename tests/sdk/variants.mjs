// A product's variants, written as the SDK's documentation shows it, with each kind of credentials.
import { connectAdmin, report } from "./shop.mjs"

report(async ({ how, name }) => {
  const shop = await connectAdmin(how)
  const { product } = await shop.admin.product.create({
    title: name,
    options: [{ title: "Color", values: ["Red", "Green", "Blue", "Black"] }],
    variants: ["Red", "Green"].map((color) => ({
      title: `${color} Shirt`,
      options: { Color: color },
      prices: [],
    })),
  })
  const [red, green] = product.variants

  const created = await shop.admin.product.createVariant(product.id, {
    title: "Blue Shirt",
    options: { Color: "Blue" },
    prices: [{ amount: 10, currency_code: "usd" }],
  })
  const deleted = await shop.admin.product.deleteVariant(
    product.id,
    created.product.variants.find((variant) => variant.title === "Blue Shirt").id,
  )
  const batch = await shop.admin.product.batchVariants(product.id, {
    create: [{ title: "Blue Shirt", options: { Color: "Blue" }, prices: [] }],
    update: [{ id: red.id, title: "Pants" }],
    delete: [green.id],
  })
  const lean = await shop.admin.product.createVariant(
    product.id,
    { title: "Black Shirt", options: { Color: "Black" }, prices: [] },
    { fields: "id,variants.title" },
  )
  const left = await shop.admin.product.listVariants(product.id, { order: "title" })
  return { product, red, green, created, deleted, batch, lean, left }
})
