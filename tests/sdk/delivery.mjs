// Where a location delivers and at which price, through the SDK's own calls.
import { connectAdmin, report } from "./shop.mjs"

report(async ({ name }) => {
  const shop = await connectAdmin("bearer")
  const { stock_location } = await shop.admin.stockLocation.create({ name })
  await shop.admin.stockLocation.updateFulfillmentProviders(stock_location.id, {
    add: ["manual_manual"],
  })
  await shop.admin.stockLocation.createFulfillmentSet(stock_location.id, {
    name,
    type: "shipping",
  })
  const { stock_location: equipped } = await shop.admin.stockLocation.retrieve(stock_location.id, {
    fields: "id,*fulfillment_sets,*fulfillment_providers",
  })
  const [{ id: setId }] = equipped.fulfillment_sets
  const { fulfillment_set } = await shop.admin.fulfillmentSet.createServiceZone(setId, {
    name,
    geo_zones: [{ type: "country", country_code: "dk" }],
  })
  const [{ id: zoneId }] = fulfillment_set.service_zones
  await shop.admin.fulfillmentSet.updateServiceZone(setId, zoneId, {
    geo_zones: [{ type: "province", country_code: "us", province_code: "us-ny" }],
  })
  const zone = await shop.admin.fulfillmentSet.retrieveServiceZone(setId, zoneId)

  const { shipping_profile } = await shop.admin.shippingProfile.create({ name, type: "default" })
  const { shipping_option_type } = await shop.admin.shippingOptionType.create({
    label: name,
    code: name,
  })
  const { fulfillment_options } = await shop.admin.fulfillmentProvider.listFulfillmentOptions(
    "manual_manual",
  )
  const { shipping_option } = await shop.admin.shippingOption.create({
    name,
    service_zone_id: zoneId,
    shipping_profile_id: shipping_profile.id,
    provider_id: "manual_manual",
    price_type: "flat",
    type_id: shipping_option_type.id,
    data: { id: fulfillment_options[0].id },
    prices: [{ currency_code: "eur", amount: 4.9 }],
    rules: [{ attribute: "enabled_in_store", operator: "eq", value: "true" }],
  })
  const changed = await shop.admin.shippingOption.update(shipping_option.id, {
    prices: [{ id: shipping_option.prices[0].id, amount: 5.9 }],
  })
  const ruled = await shop.admin.shippingOption.updateRules(shipping_option.id, {
    create: [{ attribute: "is_return", operator: "eq", value: "false" }],
    delete: [shipping_option.rules[0].id],
  })
  const listed = await shop.admin.shippingOption.list({ service_zone_id: zoneId })
  const { fulfillment } = await shop.admin.fulfillment.create({
    location_id: stock_location.id,
    provider_id: "manual_manual",
    shipping_option_id: shipping_option.id,
    order_id: "order_by_hand",
    delivery_address: { country_code: "us" },
    items: [{ title: "Shirt", sku: "s", quantity: 2, barcode: "b" }],
    labels: [],
    data: null,
    metadata: null,
  })
  const label = { tracking_number: "1", tracking_url: "https://a.test", label_url: "https://b.test" }
  const shipped = await shop.admin.fulfillment.createShipment(fulfillment.id, { labels: [label] })
  const late = await shop.admin.fulfillment.cancel(fulfillment.id).catch((error) => error.message)
  const refused = await shop.admin.shippingOptionType
    .delete(shipping_option_type.id)
    .catch((error) => error.message)
  const gone = await shop.admin.fulfillmentSet.deleteServiceZone(setId, zoneId)
  const left = await shop.admin.shippingOption.list({ service_zone_id: zoneId })
  const typeGone = await shop.admin.shippingOptionType.delete(shipping_option_type.id)
  const setGone = await shop.admin.fulfillmentSet.delete(setId)

  return {
    fulfillment: [fulfillment.items[0].quantity, fulfillment.shipped_at],
    shipped: shipped.fulfillment.labels.map(({ tracking_number }) => tracking_number),
    late: late.replace(fulfillment.id, "ful"),
    providers: equipped.fulfillment_providers.map(({ id }) => id),
    places: zone.service_zone.geo_zones.map(({ type, province_code }) => [type, province_code]),
    services: fulfillment_options.map(({ id, is_return }) => [id, is_return ?? false]),
    amounts: changed.shipping_option.prices.map(({ amount }) => amount),
    rules: [ruled.created.length, ruled.deleted.ids.length],
    listed: listed.count,
    refused,
    gone: [gone.deleted, gone.parent.id === setId, left.count, typeGone.deleted, setGone.deleted],
  }
})
