// A merchant moves products in and out as files.
import { connectAdmin, failure, report } from "./shop.mjs"

report(async ({ name }) => {
  const { admin } = await connectAdmin("bearer")
  const { product } = admin
  const head = "Product Handle,Product Title,Variant Title,Variant Option 1 Name,Variant Option 1 Value"
  const file = (handle) =>
    new File([`${head}\n${handle},${handle},S,Size,S\n`], "products.csv", { type: "text/csv" })

  const asked = await product.import({ file: file(`${name}-a`) })
  await product.confirmImport(asked.transaction_id)
  const uploaded = await product.createImport({ file: file(`${name}-b`) })
  await product.confirmImport(uploaded.transaction_id)
  const exported = await product.export({}, { handle: `${name}-a` })

  return {
    asked: asked.summary,
    uploaded: uploaded.summary,
    exported: exported.transaction_id.startsWith("auto-"),
    again: await failure(product.confirmImport(asked.transaction_id)),
    bad: await failure(product.import({ file: new File(["a,b\n1,2\n"], "x.csv") })),
    done: await written(product, [`${name}-a`, `${name}-b`]),
  }
})

// The server writes them in the background.
async function written(product, handles) {
  for (let tries = 0; tries < 100; tries++) {
    const { products } = await product.list({ handle: handles, fields: "handle" })
    if (products.length === handles.length) {
      return products.map((one) => one.handle).sort()
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
