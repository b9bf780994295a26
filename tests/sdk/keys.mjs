// A secret API key as the SDK takes it: made, used, revoked.
import { connect, connectAdmin, failure, report } from "./shop.mjs"

report(async ({ name }) => {
  const admin = await connectAdmin("bearer")
  const created = await admin.admin.apiKey.create({ title: name, type: "secret" })
  const shop = connect({ apiKey: created.api_key.token })
  const before = await shop.admin.user.list()
  const read = await admin.admin.apiKey.retrieve(created.api_key.id)
  const listed = await admin.admin.apiKey.list({ title: name })
  await admin.admin.apiKey.revoke(created.api_key.id, {})
  const after = await failure(shop.admin.user.list())
  return { created, before, read, listed, after }
})
