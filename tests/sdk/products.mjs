// Read, change and delete products.
import { connectAdmin, report } from "./shop.mjs"

report(async ({ name }) => {
  const shop = await connectAdmin("bearer")
  const { product } = await shop.admin.product.create({
    title: `${name} shirt`,
    options: [{ title: "Size", values: ["S", "M"] }],
    variants: ["S", "M"].map((size) => ({
      title: size,
      sku: `${name}-${size}`,
      options: { Size: size },
      prices: [
        { amount: 10, currency_code: "usd" },
        { amount: 9.95, currency_code: "eur" },
      ],
    })),
  })
  await shop.admin.product.create({
    title: `${name} hat`,
    options: [{ title: "Size", values: ["One"] }],
  })

  const found = await shop.admin.product.list({ q: name, order: "-title", limit: 1 })
  const named = await shop.admin.product.list({
    title: [`${name} hat`, `${name} shirt`],
    fields: "title",
    order: "title",
  })
  const whole = await shop.admin.product.retrieve(product.id)
  const lean = await shop.admin.product.retrieve(product.id, {
    fields: "id,title,variants.sku,variants.prices.amount,variants.prices.currency_code",
  })
  const bySku = await shop.admin.productVariant.list({ sku: `${name}-M`, fields: "id,sku" })
  const updated = await shop.admin.product.update(
    product.id,
    { subtitle: "cut straight", metadata: { fabric: "cotton" } },
    { fields: "subtitle,metadata" },
  )
  const deleted = await shop.admin.product.delete(product.id)
  return { product, found, named, whole, lean, bySku, updated, deleted }
})
