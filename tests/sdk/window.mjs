// What a storefront reads of the catalogue, as a starter's pages ask for it.
import { openShop } from "./open_shop.mjs"
import { connect, failure, report } from "./shop.mjs"

report(async ({ name, country }) => {
  const { admin, region, channel, key } = await openShop(name, country)
  const { product_category: category } = await admin.productCategory.create({
    name,
    handle: name,
    is_active: true,
  })
  const { collection } = await admin.productCollection.create({ title: name, handle: name })
  const { product_tag: tag } = await admin.productTag.create({ value: name })
  const { product_type: type } = await admin.productType.create({ value: name })
  const made = async (title, status) => {
    const { product } = await admin.product.create({
      title: `${name} ${title}`,
      handle: `${name}-${title}`,
      status,
      sales_channels: [{ id: channel }],
      categories: [{ id: category.id }],
      collection_id: collection.id,
      type_id: type.id,
      tags: [{ id: tag.id }],
      images: [{ url: "https://example.com/a.png" }],
      options: [{ title: name, values: [title] }],
      variants: [
        { title, options: { [name]: title }, prices: [{ currency_code: "eur", amount: 7 }] },
      ],
    })
    return product.id
  }
  const shown = await made("shown", "published")
  const hidden = await made("hidden", "draft")

  const { store } = connect({ publishableKey: key })
  const fields = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+tags"
  const page = await store.product.list({
    limit: 12,
    region_id: region,
    fields,
    collection_id: collection.id,
  })
  const { product: one } = await store.product.retrieve(shown, { region_id: region, fields })
  const byHandle = await store.product.list({ handle: `${name}-shown`, region_id: region })
  const faceted = await store.product.list({ tag_id: tag.id, facets: "tag,collection" })
  const first = await store.product.list({ limit: 1, after: "", fields: "id" })
  const categories = await store.category.list({ handle: name, fields: "id,*products" })
  const { product_category } = await store.category.retrieve(category.id)
  const collections = await store.collection.list({ handle: name })
  const { collection: read } = await store.collection.retrieve(collection.id)
  const { region: place } = await store.region.retrieve(region)
  const regions = await store.region.list({ limit: 1000 })
  const options = await store.productOption.list({ title: name })
  const tags = await connect({ publishableKey: key }).client.fetch(`/store/product-tags/${tag.id}`)
  const { client } = connect({ publishableKey: key })
  const cheapFirst = await store.product.list({
    order: "variants.calculated_price",
    region_id: region,
    "price[gte]": 5,
    facets: "option,price",
    tag_id: tag.id,
  })
  const [{ id: variant }] = one.variants
  const { variants } = await client.fetch("/store/product-variants", {
    query: { id: variant, region_id: region, fields: "id,*calculated_price" },
  })
  const { variant: single } = await client.fetch(`/store/product-variants/${variant}`, {
    query: { region_id: region, fields: "+inventory_quantity" },
  })
  const search = { entity: "product", filters: { q: name }, fields: ["id"] }
  const searched = await failure(client.fetch("/store/search", { method: "POST", body: search }))
  const { products: byWord } = await store.product.list({ q: `${name} shown`, fields: "id" })
  const types = await connect({ publishableKey: key }).client.fetch("/store/product-types", {
    query: { value: name },
  })
  return {
    products: page.products.map((product) => product.id).concat(page.count),
    price: page.products[0].variants[0].calculated_price.calculated_amount,
    one: [one.id, one.tags[0].value, one.images.length],
    byHandle: byHandle.products.map((product) => product.id),
    facets: [faceted.facets.tag[0].count, faceted.facets.collection[0].count],
    after: typeof first.after,
    categories: categories.product_categories[0].products.map((product) => product.id),
    category: product_category.name,
    collections: collections.collections.map((each) => each.id),
    collection: read.title,
    region: place.currency_code,
    regions: regions.regions.some((each) => each.id === region),
    options: options.product_options.length > 0,
    tag: tags.product_tag.value,
    types: types.product_types.map((each) => each.value),
    cheapFirst: cheapFirst.products.map((product) => product.id),
    bands: cheapFirst.facets.price,
    optionCounts: cheapFirst.facets.option.map((group) => [group.value, group.count]),
    variants: variants.map((each) => [each.id, each.calculated_price.calculated_amount]),
    single: [single.id, single.inventory_quantity],
    variant,
    searched,
    byWord: byWord.map((product) => product.id),
    hidden: await failure(store.product.retrieve(hidden, { region_id: region })),
    shown,
  }
})
