// A merchant's way with promotions and campaigns.
import { connectAdmin, failure, report } from "./shop.mjs"

const METHOD = {
  type: "percentage",
  target_type: "items",
  allocation: "each",
  value: 10,
  max_quantity: 2,
}

report(async ({ how, name }) => {
  const { admin } = await connectAdmin(how)
  const { promotion, campaign } = admin
  const kept = {}

  const { promotion: created } = await promotion.create({
    code: name,
    type: "standard",
    status: "active",
    application_method: METHOD,
    rules: [{ attribute: "region.id", operator: "in", values: ["reg_1"] }],
  })
  const { promotion: read } = await promotion.retrieve(created.id, { fields: "code,*rules" })
  const listed = await promotion.list({ code: name })
  const { promotion: changed } = await promotion.update(created.id, {
    status: "inactive",
    application_method: { value: 20 },
  })
  const target = { attribute: "items.product.id", operator: "eq", values: ["prod_1"] }
  const added = await promotion.addRules(created.id, "target-rules", { rules: [target] })
  const [rule] = added.created
  const updated = await promotion.updateRules(created.id, "target-rules", {
    rules: [{ id: rule.id, values: ["prod_2"] }],
  })
  const removed = await promotion.removeRules(created.id, "target-rules", { rule_ids: [rule.id] })
  kept.rules = await promotion.listRules(created.id, "rules")
  kept.attributes = await promotion.listRuleAttributes("rules", "standard", "fixed")
  kept.values = await promotion.listRuleValues("rules", "currency_code", { value: "eur" })

  const { campaign: made } = await campaign.create({
    name,
    campaign_identifier: name,
    budget: { type: "usage", limit: 5 },
  })
  const { campaign: renamed } = await campaign.update(made.id, { name: `${name} 2` })
  const { campaign: joined } = await campaign.batchPromotions(made.id, { add: [created.id] })
  const campaigns = await campaign.list({ campaign_identifier: name })
  const { campaign: one } = await campaign.retrieve(made.id, { fields: "id,*promotions" })
  const taken = await failure(campaign.create({ name, campaign_identifier: name }))
  const gone = [await promotion.delete(created.id), await campaign.delete(made.id)]
  const missing = await failure(promotion.retrieve(created.id))

  return {
    created,
    read,
    listed,
    changed,
    added,
    updated,
    removed,
    ...kept,
    made,
    renamed,
    joined,
    campaigns,
    one,
    taken,
    gone,
    missing,
  }
})
