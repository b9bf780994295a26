// A shop that sells one thing at 10 and delivers it for 5, taxed at 20 %; it comes back for 3.
import { connectAdmin } from "./shop.mjs"

export async function openShop(name, country) {
  const { admin } = await connectAdmin("api-key")
  const { sales_channel } = await admin.salesChannel.create({ name })
  const { api_key } = await admin.apiKey.create({ title: name, type: "publishable" })
  await admin.apiKey.batchSalesChannels(api_key.id, { add: [sales_channel.id] })
  const { region } = await admin.region.create({
    name,
    currency_code: "eur",
    countries: [country],
    payment_providers: ["pp_system_default"],
  })
  await admin.taxRegion.create({
    country_code: country,
    provider_id: "tp_system",
    default_tax_rate: { name: "VAT", code: "vat", rate: 20 },
  })
  const { stock_location } = await admin.stockLocation.create({ name })
  await admin.stockLocation.updateSalesChannels(stock_location.id, { add: [sales_channel.id] })
  await admin.stockLocation.updateFulfillmentProviders(stock_location.id, {
    add: ["manual_manual"],
  })
  await admin.stockLocation.createFulfillmentSet(stock_location.id, { name, type: "shipping" })
  const { stock_location: equipped } = await admin.stockLocation.retrieve(stock_location.id, {
    fields: "id,*fulfillment_sets",
  })
  const { fulfillment_set } = await admin.fulfillmentSet.createServiceZone(
    equipped.fulfillment_sets[0].id,
    { name, geo_zones: [{ type: "country", country_code: country }] },
  )
  const { shipping_profile } = await admin.shippingProfile.create({ name, type: "default" })
  const option = async (title, amount, rules) => {
    const { shipping_option } = await admin.shippingOption.create({
      name: title,
      service_zone_id: fulfillment_set.service_zones[0].id,
      shipping_profile_id: shipping_profile.id,
      provider_id: "manual_manual",
      price_type: "flat",
      type: { label: title, description: title, code: title },
      prices: [{ currency_code: "eur", amount }],
      rules,
    })
    return shipping_option.id
  }
  const there = await option(name, 5, [])
  const back = await option(`${name} back`, 3, [
    { attribute: "is_return", operator: "eq", value: "true" },
  ])
  const { product } = await admin.product.create({
    title: name,
    status: "published",
    shipping_profile_id: shipping_profile.id,
    sales_channels: [{ id: sales_channel.id }],
    options: [{ title: "Size", values: ["S"] }],
    variants: [
      {
        title: "S",
        options: { Size: "S" },
        manage_inventory: false,
        prices: [{ currency_code: "eur", amount: 10 }],
      },
    ],
  })
  return {
    admin,
    region: region.id,
    channel: sales_channel.id,
    location: stock_location.id,
    key: api_key.token,
    goods: product.variants[0].id,
    there,
    back,
  }
}
