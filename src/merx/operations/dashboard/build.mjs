// Bundles the published dashboard, without plugins, for a shop that serves it at /app.
import { writeFile } from "node:fs/promises"
import { build } from "esbuild"

// What plugins would add to it.
const parts = {
  displays: { displays: {} },
  forms: { customFields: {} },
  i18n: { resources: {} },
  layouts: { layouts: [] },
  links: { links: {} },
  "menu-items": { menuItems: [] },
  routes: { routes: [] },
  widgets: { widgets: [] },
}
const noPlugins = {
  name: "no-plugins",
  setup({ onResolve, onLoad }) {
    const prefix = "virtual:medusa/"
    onResolve({ filter: /^virtual:medusa\// }, ({ path }) => ({
      path: path.slice(prefix.length),
      namespace: prefix,
    }))
    onLoad({ filter: /.*/, namespace: prefix }, ({ path }) => ({
      contents: JSON.stringify(parts[path] ?? {}),
      loader: "json",
    }))
  },
}
const constants = {
  "process.env.NODE_ENV": "production",
  __BASE__: "/app",
  __BACKEND_URL__: "",
  __AUTH_TYPE__: "session",
  __JWT_TOKEN_STORAGE_KEY__: "medusa_auth_token",
  __STOREFRONT_URL__: process.env.MERX_STOREFRONT_URL ?? "",
  __MAX_UPLOAD_FILE_SIZE__: Number(process.env.MERX_MAX_UPLOAD_BYTES),
}

const { metafile } = await build({
  entryPoints: ["entry.jsx"],
  outdir: "out",
  publicPath: "/app/",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  loader: { ".ttf": "file" },
  jsx: "automatic",
  define: Object.fromEntries(Object.entries(constants).map(([k, v]) => [k, JSON.stringify(v)])),
  plugins: [noPlugins],
  logLevel: "error",
})
const [script, { cssBundle }] = Object.entries(metafile.outputs).find(([, one]) => one.entryPoint === "entry.jsx")
const at = (path) => path.replace(/^out\//, "/app/")
await writeFile(
  "out/index.html",
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dashboard</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${at(cssBundle)}">
<div id="medusa"></div>
<script type="module" src="${at(script)}"></script>
</html>
`,
)
