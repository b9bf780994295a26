// Links between variants and stock, with each kind of credentials.
import { connectAdmin, report } from "./shop.mjs"

report(async ({ how, name }) => {
  const shop = await connectAdmin(how)
  const { product } = await shop.admin.product.create({
    title: name,
    options: [{ title: "Color", values: ["Blue"] }],
    variants: [{ title: "Kit", manage_inventory: false, prices: [] }],
  })
  const variant_id = product.variants[0].id
  const items = []
  for (const part of ["box", "lid", "label"]) {
    const { inventory_item } = await shop.admin.inventoryItem.create({ sku: `${name} ${part}` })
    items.push(inventory_item.id)
  }
  const [box, lid, label] = items
  await shop.admin.product.batchVariantInventoryItems(product.id, {
    create: [lid, label].map((inventory_item_id) => ({
      inventory_item_id,
      variant_id,
      required_quantity: 1,
    })),
  })

  const batch = await shop.admin.product.batchVariantInventoryItems(product.id, {
    create: [{ inventory_item_id: box, variant_id, required_quantity: 10 }],
    update: [{ inventory_item_id: lid, variant_id, required_quantity: 20 }],
    delete: [{ inventory_item_id: label, variant_id }],
  })
  const { variant } = await shop.admin.product.retrieveVariant(product.id, variant_id, {
    fields: "inventory_items.inventory_item_id,inventory_items.required_quantity",
  })
  return { variant_id, box, lid, label, batch, variant }
})
