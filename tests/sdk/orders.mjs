// What happens to orders after the sale, by every method that the SDK has for it.
import { openShop } from "./open_shop.mjs"
import { connect, report } from "./shop.mjs"

report(async ({ name, country }) => {
  const opened = await openShop(name, country)
  const all = {}
  for (const [part, { of, work }] of Object.entries(PARTS)) {
    const shop = { ...opened, country, name: `${name}-${part.toLowerCase()}` }
    const watched = watch(of(shop))
    all[part] = { ...(await work(watched.methods, shop)), uncalled: watched.uncalled() }
  }
  return all
})

/** The same methods, and which of them were never called. */
function watch(methods) {
  const own = Object.keys(methods)
  const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(methods))
  const left = new Set(
    [...own, ...inherited].filter(
      (one) => typeof methods[one] === "function" && !(one in Object.prototype),
    ),
  )
  const proxy = new Proxy(methods, {
    get(target, called) {
      left.delete(called)
      const found = target[called]
      return typeof found === "function" ? found.bind(target) : found
    },
  })
  return { methods: proxy, uncalled: () => [...left] }
}

/** An order of three, delivered for 5: (30 + 5) * 1.2 = 42. */
async function bought({ admin, region, channel, goods, there, country, name }) {
  const { draft_order } = await admin.draftOrder.create({
    email: `${name}@orders.test`,
    region_id: region,
    sales_channel_id: channel,
    items: [{ variant_id: goods, quantity: 3 }],
    shipping_methods: [{ name: "Post", option_id: there, shipping_option_id: there, amount: 5 }],
    shipping_address: { first_name: "Ann", country_code: country },
  })
  const { order } = await admin.draftOrder.convertToOrder(draft_order.id)
  const { order: whole } = await admin.order.retrieve(order.id)
  return whole
}

/** An order of which all was handed over. */
async function sent(shop) {
  const order = await bought(shop)
  const items = [{ id: order.items[0].id, quantity: 3 }]
  await shop.admin.order.createFulfillment(order.id, { items, location_id: shop.location })
  return order
}

/** The id of the first action on a row of a preview that has one. */
function action(rows) {
  return rows.flatMap(({ actions }) => actions ?? []).at(-1).id
}

async function orders(methods, shop) {
  const { admin, location, name, region } = shop
  const order = await bought(shop)
  const items = [{ id: order.items[0].id, quantity: 1 }]
  await methods.update(order.id, { email: `${name}@new.test` })
  const { order: updated } = await methods.retrieve(order.id, { fields: "id,email" })
  const fields = { fields: "id,fulfillment_status,*fulfillments" }
  const body = { items, location_id: location }
  const { order: first } = await methods.createFulfillment(order.id, body, fields)
  await methods.cancelFulfillment(order.id, first.fulfillments[0].id, {})
  const { order: second } = await methods.createFulfillment(order.id, body, fields)
  const open = second.fulfillments.find(({ canceled_at }) => canceled_at === null).id
  const label = { tracking_number: "1", tracking_url: "http://a.test", label_url: "http://b.test" }
  const { order: shipped } = await methods.createShipment(
    order.id,
    open,
    { items, labels: [label] },
    fields,
  )
  const { order: delivered } = await methods.markAsDelivered(order.id, open, {}, fields)
  const { shipping_options } = await methods.listShippingOptions(order.id)
  const { order_changes } = await methods.listChanges(order.id)
  const { order_items } = await methods.listLineItems(order.id)
  const { order: credited } = await methods.createCreditLine(order.id, {
    amount: 2,
    reference: "favour",
    reference_id: "f",
  })
  const customer = await account(shop)
  await methods.requestTransfer(order.id, { customer_id: customer.id })
  const { order: preview } = await methods.retrievePreview(order.id)
  await methods.cancelTransfer(order.id)
  await methods.transferToGuest(order.id, { email: `${name}@guest.test` })
  const { order: given } = await methods.retrieve(order.id, { fields: "id,email" })
  await admin.orderEdit.initiateRequest({ order_id: order.id })
  const { order_changes: edits } = await methods.listChanges(order.id, { change_type: "edit" })
  const { order_change } = await methods.updateOrderChange(edits[0].id, {
    carry_over_promotions: true,
  })
  await admin.orderEdit.cancelRequest(order.id)
  const session = await methods
    .authorizePaymentSession(order.id, "payses_none")
    .catch(({ status }) => status)
  const { order: completed } = await methods.complete(order.id, {})
  const { order: archived } = await methods.archive(order.id)
  const { order: canceled } = await methods.cancel((await bought(shop)).id)
  const { count } = await methods.list({ region_id: region, limit: 1 })
  const exported = await methods.export()
  return {
    total: order.total,
    emails: [updated, given].map(({ email }) => email.split("@")[1]),
    statuses: [first, second, shipped, delivered].map((one) => one.fulfillment_status),
    options: shipping_options.map((one) => one.insufficient_inventory),
    changes: order_changes.length,
    items: order_items.map((one) => one.item.title === name.split("-")[0]),
    credited: credited.credit_lines.map(({ amount }) => amount),
    transfer: preview.actions.map((one) => one.action),
    carried: order_change.carry_over_promotions,
    session,
    ended: [completed, archived, canceled].map(({ status }) => status),
    count,
    exported: Boolean(exported.transaction_id),
  }
}

async function account({ key, name }) {
  const shop = connect({ publishableKey: key, auth: { type: "jwt", jwtTokenStorageMethod: "memory" } })
  const credentials = { email: `${name}@account.test`, password: "a long password" }
  const token = await shop.auth.register("customer", "emailpass", credentials)
  const { customer } = await shop.store.customer.create(
    { email: credentials.email },
    {},
    { authorization: `Bearer ${token}` },
  )
  await shop.auth.login("customer", "emailpass", credentials)
  return { id: customer.id, store: shop.store }
}

async function returns(methods, shop) {
  const order = await sent(shop)
  const line = order.items[0].id
  const { return: given } = await methods.initiateRequest({ order_id: order.id })
  const { return: dropped } = await methods.retrieve(given.id)
  const gone = await methods.cancelRequest(given.id)
  const { return: one } = await methods.initiateRequest({
    order_id: order.id,
    location_id: shop.location,
  })
  await methods.updateRequest(one.id, { no_notification: true })
  let { order_preview: seen } = await methods.addReturnItem(one.id, { items: [{ id: line, quantity: 3 }] })
  const asked = action(seen.items)
  await methods.updateReturnItem(one.id, asked, { quantity: 2 })
  await methods.removeReturnItem(one.id, asked)
  await methods.addReturnItem(one.id, { items: [{ id: line, quantity: 2 }] })
  ;({ order_preview: seen } = await methods.addReturnShipping(one.id, {
    shipping_option_id: shop.back,
  }))
  const way = action(seen.shipping_methods)
  await methods.updateReturnShipping(one.id, way, { custom_amount: 1 })
  await methods.deleteReturnShipping(one.id, way)
  const { return: requested } = await methods.confirmRequest(one.id, {})
  await methods.initiateReceive(one.id, {})
  await methods.cancelReceive(one.id)
  await methods.initiateReceive(one.id, {})
  ;({ order_preview: seen } = await methods.receiveItems(one.id, { items: [{ id: line, quantity: 2 }] }))
  const whole = action(seen.items)
  await methods.updateReceiveItem(one.id, whole, { quantity: 1 })
  await methods.removeReceiveItem(one.id, whole)
  await methods.receiveItems(one.id, { items: [{ id: line, quantity: 1 }] })
  ;({ order_preview: seen } = await methods.dismissItems(one.id, { items: [{ id: line, quantity: 1 }] }))
  const damaged = action(seen.items)
  await methods.updateDismissItem(one.id, damaged, { quantity: 1 })
  await methods.removeDismissItem(one.id, damaged)
  const { return: received, order_preview } = await methods.confirmReceive(one.id, {})
  const { return: other } = await methods.initiateRequest({ order_id: order.id })
  await methods.addReturnItem(other.id, { items: [{ id: line, quantity: 1 }] })
  await methods.confirmRequest(other.id, {})
  const { return: canceled } = await methods.cancel(other.id)
  const { returns: listed } = await methods.list({ order_id: order.id, order: "created_at" })
  return {
    open: dropped.status,
    gone: gone.deleted,
    statuses: [requested, received, canceled].map(({ status }) => status),
    total: order_preview.total,
    listed: listed.map(({ status }) => status),
  }
}

/** What claims and exchanges have in common: filled, with each method tried. */
async function fill(methods, id, shop, line) {
  let { order_preview: seen } = await methods.addInboundItems(id, { items: [{ id: line, quantity: 2 }] })
  const inbound = action(seen.items)
  await methods.updateInboundItem(id, inbound, { quantity: 1 })
  await methods.removeInboundItem(id, inbound)
  await methods.addInboundItems(id, { items: [{ id: line, quantity: 1 }] })
  ;({ order_preview: seen } = await methods.addInboundShipping(id, { shipping_option_id: shop.back }))
  const back = action(seen.shipping_methods)
  await methods.updateInboundShipping(id, back, { custom_amount: 1 })
  await methods.deleteInboundShipping(id, back)
  ;({ order_preview: seen } = await methods.addOutboundItems(id, {
    items: [{ variant_id: shop.goods, quantity: 2 }],
  }))
  const outbound = action(seen.items.filter((one) => one.id !== line))
  await methods.updateOutboundItem(id, outbound, { quantity: 1 })
  await methods.removeOutboundItem(id, outbound)
  await methods.addOutboundItems(id, { items: [{ variant_id: shop.goods, quantity: 2 }] })
  ;({ order_preview: seen } = await methods.addOutboundShipping(id, {
    shipping_option_id: shop.there,
  }))
  const there = action(seen.shipping_methods)
  await methods.updateOutboundShipping(id, there, { custom_amount: 1 })
  await methods.deleteOutboundShipping(id, there)
}

async function exchanges(methods, shop) {
  const order = await sent(shop)
  const { exchange: dropped } = await methods.create({ order_id: order.id })
  const gone = await methods.cancelRequest(dropped.id)
  const { exchange } = await methods.create({ order_id: order.id })
  await fill(methods, exchange.id, shop, order.items[0].id)
  const { order_preview, exchange: requested } = await methods.request(exchange.id, {})
  const { exchange: read } = await methods.retrieve(exchange.id)
  const { exchange: canceled } = await methods.cancel(exchange.id)
  const { exchanges: listed } = await methods.list({ order_id: order.id })
  return {
    gone: gone.deleted,
    due: order_preview.summary.pending_difference,
    sent: requested.additional_items.map(({ quantity }) => quantity),
    same: read.id === exchange.id,
    canceled: canceled.canceled_at !== null,
    listed: listed.length,
  }
}

async function claims(methods, shop) {
  const order = await sent(shop)
  const line = order.items[0].id
  const { claim: dropped } = await methods.create({ order_id: order.id, type: "refund" })
  const gone = await methods.cancelRequest(dropped.id)
  const { claim } = await methods.create({ order_id: order.id, type: "replace" })
  const items = [{ id: line, quantity: 1, reason: "wrong_item" }]
  const { order_preview: seen } = await methods.addItems(claim.id, { items })
  const claimed = action(seen.items)
  await methods.updateItem(claim.id, claimed, { quantity: 2 })
  await methods.removeItem(claim.id, claimed)
  await methods.addItems(claim.id, { items })
  await fill(methods, claim.id, shop, line)
  const { order_preview } = await methods.request(claim.id, {})
  const { claim: read } = await methods.retrieve(claim.id)
  const { claim: canceled } = await methods.cancel(claim.id)
  const { claims: listed } = await methods.list({ order_id: order.id })
  return {
    gone: gone.deleted,
    due: order_preview.summary.pending_difference,
    wrong: read.claim_items.map(({ reason, quantity }) => [reason, quantity]),
    sent: read.additional_items.map(({ quantity }) => quantity),
    canceled: canceled.canceled_at !== null,
    listed: listed.length,
  }
}

async function edits(methods, shop) {
  const order = await bought(shop)
  await methods.initiateRequest({ order_id: order.id })
  const gone = await methods.cancelRequest(order.id)
  const { order_change } = await methods.initiateRequest({ order_id: order.id })
  const { order_preview: seen } = await methods.addItems(order.id, {
    items: [{ variant_id: shop.goods, quantity: 2 }],
  })
  const added = action(seen.items.filter((one) => one.id !== order.items[0].id))
  await methods.updateAddedItem(order.id, added, { quantity: 1 })
  await methods.removeAddedItem(order.id, added)
  const { order_preview } = await methods.updateOriginalItem(order.id, order.items[0].id, { quantity: 5 })
  const { order_preview: requested } = await methods.request(order.id, {})
  const { order_preview: confirmed } = await methods.confirm(order.id, {})
  return {
    gone: gone.deleted,
    type: order_change.change_type,
    quantities: [order_preview, confirmed].map(({ items }) => items.map(({ quantity }) => quantity)),
    status: requested.order_change.status,
    total: confirmed.total,
  }
}

async function drafts(methods, shop) {
  const { admin, region, channel, goods, there, country, name } = shop
  const { promotion } = await admin.promotion.create({
    code: name,
    type: "standard",
    status: "active",
    application_method: {
      type: "percentage",
      target_type: "items",
      allocation: "across",
      value: 10,
      currency_code: "eur",
    },
  })
  const { draft_order } = await methods.create({
    email: `${name}@drafts.test`,
    region_id: region,
    sales_channel_id: channel,
    items: [{ variant_id: goods, quantity: 3 }],
    shipping_address: { first_name: "Ann", country_code: country },
  })
  const id = draft_order.id
  const { draft_order: read } = await methods.retrieve(id)
  const { draft_order: updated } = await methods.update(id, { email: `${name}@new.test` })
  const { draft_orders: listed } = await methods.list({ region_id: region })
  await methods.beginEdit(id)
  await methods.cancelEdit(id)
  await methods.beginEdit(id)
  const items = [{ variant_id: goods, quantity: 1 }]
  let { draft_order_preview: seen } = await methods.addItems(id, { items })
  const added = action(seen.items.filter((one) => one.id !== read.items[0].id))
  await methods.updateActionItem(id, added, { quantity: 2 })
  await methods.removeActionItem(id, added)
  await methods.updateItem(id, read.items[0].id, { quantity: 4 })
  const { draft_order_preview: lowered } = await methods.addPromotions(id, {
    promo_codes: [promotion.code],
  })
  await methods.removePromotions(id, { promo_codes: [promotion.code] })
  ;({ draft_order_preview: seen } = await methods.addShippingMethod(id, { shipping_option_id: there }))
  const way = action(seen.shipping_methods)
  await methods.updateActionShippingMethod(id, way, { shipping_option_id: there, custom_amount: 2 })
  await methods.removeActionShippingMethod(id, way)
  await methods.addShippingMethod(id, { shipping_option_id: there })
  await methods.requestEdit(id)
  const { draft_order_preview: confirmed } = await methods.confirmEdit(id)
  const [method] = confirmed.shipping_methods
  await methods.beginEdit(id)
  await methods.updateShippingMethod(id, method.id, { shipping_option_id: there, custom_amount: 1 })
  await methods.removeShippingMethod(id, method.id)
  await methods.cancelEdit(id)
  const { order } = await methods.convertToOrder(id)
  const { draft_order: other } = await methods.create({ email: "x@y.test", region_id: region, items })
  const gone = await methods.delete(other.id)
  return {
    email: updated.email.split("@")[1],
    listed: listed.length,
    discount: lowered.discount_total,
    quantity: confirmed.items.map(({ quantity }) => quantity),
    totals: [draft_order.total, confirmed.total],
    status: order.status,
    gone: gone.deleted,
  }
}

async function ownOrders(methods, shop) {
  const order = await bought(shop)
  const { store } = await account(shop)
  const token = async () => {
    const { order_changes } = await shop.admin.order.listChanges(order.id, { status: "requested" })
    return order_changes[0].actions[0].details.token
  }
  const other = watchThrough(methods, store.order)
  const { order: read } = await methods.retrieve(order.id)
  await other.requestTransfer(order.id, {})
  await other.cancelTransfer(order.id)
  await other.requestTransfer(order.id, {})
  await methods.declineTransfer(order.id, { token: await token() })
  await other.requestTransfer(order.id, {})
  const { order: accepted } = await methods.acceptTransfer(order.id, { token: await token() })
  const { count } = await other.list()
  return { total: read.total, accepted: accepted.id === order.id, count }
}

/** The methods of somebody else, noted as called where the first are watched. */
function watchThrough(watched, methods) {
  return new Proxy(methods, {
    get(target, called) {
      watched[called]
      return target[called]
    },
  })
}

const PARTS = {
  order: { of: ({ admin }) => admin.order, work: orders },
  return: { of: ({ admin }) => admin.return, work: returns },
  exchange: { of: ({ admin }) => admin.exchange, work: exchanges },
  claim: { of: ({ admin }) => admin.claim, work: claims },
  orderEdit: { of: ({ admin }) => admin.orderEdit, work: edits },
  draftOrder: { of: ({ admin }) => admin.draftOrder, work: drafts },
  store: { of: ({ key }) => connect({ publishableKey: key }).store.order, work: ownOrders },
}
