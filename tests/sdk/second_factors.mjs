// A customer sets up a second factor, logs in with it by token and by session, and disables it.
import { createHmac } from "node:crypto"
import { connect, failure, keepCookies, report } from "./shop.mjs"

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** What an authenticator app shows for a secret (RFC 6238). */
function codeOf(secret) {
  const bits = [...secret].map((c) => LETTERS.indexOf(c).toString(2).padStart(5, "0")).join("")
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)))
  const mac = createHmac("sha1", key).update(step).digest()
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff
  return String(number % 1000000).padStart(6, "0")
}

async function withToken(customer) {
  const shop = connect({ auth: { type: "jwt", jwtTokenStorageMethod: "memory" } })
  await shop.auth.register("customer", "emailpass", customer)
  const begun = await shop.auth.mfa.start({ provider: "totp", label: "Phone" })
  const code = () => ({ code: codeOf(begun.secret) })
  const enabled = await shop.auth.mfa.verify(begun.mfa_factor.id, code())
  const { recovery_codes: recovery } = await shop.auth.mfa.generateRecoveryCodes({ count: 2 })
  const half = await shop.auth.login("customer", "emailpass", customer)
  const wrong = await failure(
    shop.auth.mfa.verifyChallenge(half.mfa_challenge.id, { method: "totp", code: "x" })
  )
  const token = await shop.auth.mfa.verifyChallenge(half.mfa_challenge.id, {
    method: "totp",
    ...code(),
  })
  const { mfa_factors: factors } = await shop.auth.mfa.list()
  const refreshed = await shop.auth.refresh()
  return { begun, enabled, recovery, half, wrong, token, factors, refreshed }
}

async function withSession(customer, recoveryCode, factor) {
  keepCookies()
  const shop = connect({ auth: { type: "session" } })
  const half = await shop.auth.login("customer", "emailpass", customer)
  const refused = await failure(shop.auth.mfa.list())
  const token = await shop.auth.mfa.verifyChallenge(half.mfa_challenge.id, {
    method: "recovery_code",
    code: recoveryCode,
  })
  const disabled = await shop.auth.mfa.disable(factor)
  const { verification } = await shop.auth.verification.request({
    entity_id: customer.email,
    entity_type: "email",
  })
  const unconfirmed = await failure(shop.auth.verification.confirm({ code: "made up" }))
  const plain = await shop.auth.login("customer", "emailpass", customer)
  return { refused, token, disabled, verification, unconfirmed, plain }
}

report(async ({ name }) => {
  const customer = { email: `${name}@shop.test`, password: "correct horse battery" }
  const token = await withToken(customer)
  const session = await withSession(customer, token.recovery[0], token.begun.mfa_factor.id)
  return { token, session }
})
