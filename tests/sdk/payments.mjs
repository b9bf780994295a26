// What is owed, paid and given back: an admin's way and a storefront's with the SDK.
import { connect, connectAdmin, failure, report } from "./shop.mjs"

report(async ({ how, name, order, cart, region }) => {
  const { admin } = await connectAdmin(how)
  const { api_key } = await admin.apiKey.create({ title: name, type: "publishable" })
  const { store } = connect({ publishableKey: api_key.token })

  const { refund_reason: late } = await admin.refundReason.create({ label: "Late", code: name })
  const { refund_reason: renamed } = await admin.refundReason.update(late.id, { label: "Too late" })
  const { refund_reasons } = await admin.refundReason.list({ q: name })
  const { return_reason: size } = await admin.returnReason.create({ value: name, label: "Size" })
  const { return_reason: small } = await admin.returnReason.create({
    value: `${name}-s`,
    label: "Small",
    parent_return_reason_id: size.id,
  })
  const { return_reason: seen } = await admin.returnReason.retrieve(size.id)

  const { payment_collection: owed } = await admin.paymentCollection.create({
    order_id: order,
    amount: 30.5,
  })
  const { payment_collection: paid } = await admin.paymentCollection.markAsPaid(owed.id, {
    order_id: order,
  })
  const [{ id }] = paid.payments
  const { payment: captured } = await admin.payment.capture(id, {})
  const tooMuch = await failure(admin.payment.refund(id, { amount: 31 }))
  const { payment: refunded } = await admin.payment.refund(id, {
    amount: 2.5,
    refund_reason_id: late.id,
    note: "sorry",
  })
  const { payment } = await admin.payment.retrieve(id, { fields: "*payment_collection" })
  const { payments } = await admin.payment.list({ payment_session_id: paid.payment_sessions[0].id })
  const { payment_providers } = await admin.payment.listPaymentProviders({ is_enabled: true })
  const { payment_collection: spare } = await admin.paymentCollection.create({
    order_id: order,
    amount: 1,
  })
  const deleted = await admin.paymentCollection.delete(spare.id)

  const offered = await store.payment.listPaymentProviders({ region_id: region })
  const begun = await store.payment.initiatePaymentSession(
    { id: cart },
    { provider_id: "pp_system_default", data: { note: "ring twice" } },
  )
  const gone = await admin.refundReason.delete(late.id)
  return {
    renamed,
    refund_reasons,
    small,
    seen,
    owed,
    paid,
    captured,
    tooMuch,
    refunded,
    payment,
    payments,
    payment_providers,
    deleted,
    offered,
    begun,
    gone,
  }
})
