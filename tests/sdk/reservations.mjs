// Holds on stock, through the SDK's own calls.
import { connectAdmin, report } from "./shop.mjs"

report(async ({ name }) => {
  const shop = await connectAdmin("bearer")
  const locations = []
  for (const place of ["here", "there"]) {
    const { stock_location } = await shop.admin.stockLocation.create({ name: `${name} ${place}` })
    locations.push(stock_location.id)
  }
  const { inventory_item } = await shop.admin.inventoryItem.create({
    sku: name,
    location_levels: locations.map((location_id) => ({ location_id, stocked_quantity: 5 })),
  })

  const { reservation } = await shop.admin.reservation.create({
    inventory_item_id: inventory_item.id,
    location_id: locations[0],
    quantity: 3,
    description: "for Ann",
  })
  const moved = await shop.admin.reservation.update(reservation.id, { location_id: locations[1] })
  const listed = await shop.admin.reservation.list({ inventory_item_id: [inventory_item.id] })
  const levels = await shop.admin.inventoryItem.listLevels(inventory_item.id)
  const deleted = await shop.admin.reservation.delete(reservation.id)
  const after = await shop.admin.inventoryItem.retrieve(inventory_item.id)

  return {
    moved: moved.reservation.location_id === locations[1],
    listed: listed.reservations.map(({ quantity, description }) => [quantity, description]),
    reserved: locations.map(
      (place) =>
        levels.inventory_levels.find((level) => level.location_id === place).reserved_quantity,
    ),
    deleted: deleted.deleted,
    left: [after.inventory_item.stocked_quantity, after.inventory_item.reserved_quantity],
  }
})
