// Log in, refresh, log out: with a token and with a session.
import { connect, failure, keepCookies, login, report } from "./shop.mjs"

async function withToken() {
  const shop = connect({ auth: { type: "jwt", jwtTokenStorageMethod: "memory" } })
  const anonymous = await failure(shop.admin.user.me())
  const token = await shop.auth.login("user", "emailpass", login())
  const me = await shop.admin.user.me()
  const { token: renewed } = await shop.auth.refresh()
  const still = await shop.admin.user.me()
  await shop.auth.logout()
  const after = await failure(shop.admin.user.me())
  return { anonymous, token, me, renewed, still, after }
}

async function withSession() {
  const jar = keepCookies()
  const shop = connect({ auth: { type: "session" } })
  const anonymous = await failure(shop.admin.user.me())
  await shop.auth.login("user", "emailpass", login())
  const cookies = [...jar.keys()]
  const me = await shop.admin.user.me()
  await shop.auth.refresh()
  const still = await shop.admin.user.me()
  await shop.auth.logout()
  const left = [...jar.keys()]
  const after = await failure(shop.admin.user.me())
  return { anonymous, cookies, me, still, left, after }
}

async function withWrongPassword() {
  const shop = connect({ auth: { type: "jwt", jwtTokenStorageMethod: "memory" } })
  return failure(shop.auth.login("user", "emailpass", { ...login(), password: "wrong" }))
}

report(async () => ({
  token: await withToken(),
  wrong: await withWrongPassword(),
  session: await withSession(),
}))
