// A whole checkout with the SDK: of a guest, or of a customer with a token or a session.
import { openShop } from "./open_shop.mjs"
import { connect, keepCookies, report } from "./shop.mjs"

const HOW = {
  jwt: { type: "jwt", jwtTokenStorageMethod: "memory" },
  session: { type: "session", fetchCredentials: "include" },
}

report(async ({ how, name, country }) => {
  const { region, key, goods } = await openShop(name, country)
  if (how === "session") {
    keepCookies()
  }
  const shop = connect({ publishableKey: key, ...(how === "guest" ? {} : { auth: HOW[how] }) })
  const { cart: first } = await shop.store.cart.create({ region_id: region, email: `${name}@a.test` })
  const { cart: filled } = await shop.store.cart.createLineItem(first.id, {
    variant_id: goods,
    quantity: 3,
  })
  const [line] = filled.items
  await shop.store.cart.updateLineItem(first.id, line.id, { quantity: 2 })
  if (how !== "guest") {
    await becomeCustomer(shop, name)
    await shop.store.cart.transferCart(first.id)
  }
  await shop.store.cart.update(first.id, {
    shipping_address: { first_name: "Ann", city: "Home", country_code: country },
  })
  const { shipping_options } = await shop.store.fulfillment.listCartOptions({ cart_id: first.id })
  const { cart } = await shop.store.cart.addShippingMethod(first.id, {
    option_id: shipping_options[0].id,
  })
  const { payment_providers } = await shop.store.payment.listPaymentProviders({ region_id: region })
  await shop.store.payment.initiatePaymentSession(cart, { provider_id: payment_providers[0].id })
  const done = await shop.store.cart.complete(cart.id)
  const again = await shop.store.cart.complete(cart.id)
  const { order } = await shop.store.order.retrieve(done.order.id)
  const listed = how === "guest" ? { count: 1 } : await shop.store.order.list()

  return {
    type: done.type,
    same: again.order.id === done.order.id,
    totals: [cart.item_total, cart.shipping_total, cart.total, order.total],
    quantity: order.items.map(({ quantity }) => quantity),
    city: order.shipping_address.city,
    listed: listed.count,
  }
})

async function becomeCustomer(shop, name) {
  const credentials = { email: `${name}@home.test`, password: "a long password" }
  const token = await shop.auth.register("customer", "emailpass", credentials)
  await shop.store.customer.create(
    { email: credentials.email },
    {},
    { authorization: `Bearer ${token}` },
  )
  await shop.auth.login("customer", "emailpass", credentials)
}
