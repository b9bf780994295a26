// Register, become a user by an invite, refresh, log out: in each way in which the SDK authenticates.
import { connect, connectAdmin, failure, keepCookies, report } from "./shop.mjs"

const password = "correct horse battery staple"

function setUp(how) {
  if (how === "session") {
    const jar = keepCookies()
    return { jar, shop: connect({ auth: { type: "session", fetchCredentials: "include" } }) }
  }
  return { shop: connect({ auth: { type: "jwt", jwtTokenStorageMethod: "memory" } }) }
}

report(async ({ how, name }) => {
  const admin = await connectAdmin("api-key")
  const email = `${name}@shop.test`
  const { invite } = await admin.admin.invite.create({ email })

  const { shop, jar } = setUp(how)
  const registered = await shop.auth.register("user", "emailpass", { email, password })
  const taken = await failure(
    connect().auth.register("user", "emailpass", { email, password: "another" })
  )
  const accepted = await shop.admin.invite.accept(
    { invite_token: invite.token, first_name: "Ann" },
    {},
    { authorization: `Bearer ${registered}` }
  )
  await shop.auth.login("user", "emailpass", { email, password })
  const me = await shop.admin.user.me()
  await shop.auth.refresh()
  const still = await shop.admin.user.me()
  const ways = await shop.client.fetch("/auth/user/providers")
  await shop.auth.logout()
  const after = await failure(shop.admin.user.me())
  const left = jar ? [...jar.keys()] : []
  return { registered, taken, accepted, me, still, ways, after, left }
})
