// What the scripts share: the published SDK on the shop under test, and their result as JSON.
import Medusa from "@medusajs/js-sdk"

const given = JSON.parse(process.argv[2])

/** The SDK as an application sets it up; `config` is added to its configuration. */
export function connect(config = {}) {
  return new Medusa({ baseUrl: given.url, ...config })
}

/** The SDK of a logged-in admin: `how` is "bearer", "api-key" or "session". */
export async function connectAdmin(how) {
  if (how === "api-key") {
    return connect({ apiKey: given.key })
  }
  const shop = connect({ auth: howToAuthenticate(how) })
  await shop.auth.login("user", "emailpass", login())
  return shop
}

function howToAuthenticate(how) {
  if (how === "session") {
    keepCookies()
    return { type: "session", fetchCredentials: "include" }
  }
  return { type: "jwt", jwtTokenStorageMethod: "memory" }
}

/** E-mail and password of the admin. */
export function login() {
  return { email: given.email, password: given.password }
}

/** Node's fetch forgets cookies that a browser keeps; this one sends them back. */
export function keepCookies() {
  const jar = new Map()
  const forgetful = globalThis.fetch
  globalThis.fetch = async (url, init) => {
    const headers = new Headers(init.headers)
    if (init.credentials !== "omit" && jar.size) {
      headers.set("cookie", [...jar].map((pair) => pair.join("=")).join("; "))
    }
    const response = await forgetful(url, { ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split("; ")
      const [name, value] = pair.split(/=(.*)/s)
      const ended = attributes.some((attribute) => attribute.toLowerCase() === "max-age=0")
      ended ? jar.delete(name) : jar.set(name, value)
    }
    return response
  }
  return jar
}

/** How a call failed: the fields of the SDK's FetchError. */
export async function failure(call) {
  try {
    await call
  } catch (error) {
    return {
      name: error.constructor.name,
      status: error.status,
      statusText: error.statusText,
      message: error.message,
    }
  }
  throw new Error("The call succeeded")
}

/** Print what `work(arguments)` gives, for the test to look at. */
export async function report(work) {
  console.log(JSON.stringify(await work(given.arguments)))
}
