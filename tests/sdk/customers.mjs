// A buyer's way with the SDK: register, become a customer, log in, keep addresses, log out.
import { connect, connectAdmin, failure, keepCookies, report } from "./shop.mjs"

const HOW = {
  jwt: { type: "jwt", jwtTokenStorageMethod: "memory" },
  session: { type: "session", fetchCredentials: "include" },
}

report(async ({ how, name }) => {
  const admin = await connectAdmin("api-key")
  const { api_key } = await admin.admin.apiKey.create({ title: name, type: "publishable" })
  keepCookies()
  const shop = connect({ publishableKey: api_key.token, auth: HOW[how] })
  const credentials = { email: `${name}@home.test`, password: "a long password" }
  const me = shop.store.customer

  const anonymous = await failure(me.retrieve())
  const token = await shop.auth.register("customer", "emailpass", credentials)
  const { customer } = await me.create(
    { email: credentials.email, first_name: "Bea" },
    {},
    { authorization: `Bearer ${token}` },
  )
  await shop.auth.login("customer", "emailpass", credentials)
  const { customer: seen } = await me.retrieve()
  const { customer: changed } = await me.update({ phone: "1" }, { fields: "phone" })
  const home = { address_name: "Home", city: "Aachen", is_default_shipping: true }
  const work = { address_name: "Work", city: "Bonn", is_default_shipping: true }
  const { customer: first } = await me.createAddress(home)
  await me.createAddress(work)
  const address = first.addresses[0].id
  const { customer: moved } = await me.updateAddress(address, { city: "Cologne" })
  const { addresses } = await me.listAddress({ order: "address_name" })
  const { address: one } = await me.retrieveAddress(address)
  const gone = await me.deleteAddress(address)
  const left = await me.listAddress()

  const group = await admin.admin.customerGroup.create({ name })
  await admin.admin.customer.batchCustomerGroups(customer.id, {
    add: [group.customer_group.id],
    remove: [],
  })
  const { customers } = await admin.admin.customer.list({ groups: group.customer_group.id })
  const foreign = await failure(shop.admin.customer.list())
  await shop.auth.logout()
  const after = await failure(me.retrieve())
  await shop.auth.login("customer", "emailpass", credentials)
  await admin.admin.customer.delete(customer.id)
  const deleted = await failure(me.retrieve())
  return {
    customer,
    seen,
    changed,
    moved,
    addresses,
    one,
    gone,
    left,
    customers,
    refusals: [anonymous, foreign, after, deleted],
  }
})
