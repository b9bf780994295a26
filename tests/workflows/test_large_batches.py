import time
from tests.factories.products import grid, make_product, variants, make_items

async def test_x(admin, tx):
    options = grid(300)
    product = await make_product(tx, options=options)
    n=[]
    tx.add_query_logger(lambda q: n.append((q.query[:90].replace("\n"," "), round(q.elapsed,3))))
    t=time.perf_counter()
    b={"create": variants(options, 300)}
    async def call(path, body, **kw):
        n.clear(); t=time.perf_counter()
        r=await admin.post(path, json=body, **kw)
        print(path, list(body), r.status_code, len(r.content), "%.2f s"%(time.perf_counter()-t), len(n))
        for q in n: print("   ", q)
        assert r.status_code==200, r.text[:500]
        return r
    r=await call(f"/admin/products/{product.id}/variants/batch", b)
    ids=[v["id"] for v in r.json()["created"]]
    await call(f"/admin/products/{product.id}/variants/batch", {"update":[{"id":i,"title":f"t{k}","sku":f"S{k}","prices":[{"currency_code":"usd","amount":12},{"currency_code":"dkk","amount":3}]} for k,i in enumerate(ids)]})
    items=await make_items(tx,300)
    await call(f"/admin/products/{product.id}/variants/inventory-items/batch", {"create":[{"variant_id":v,"inventory_item_id":i,"required_quantity":2} for v,i in zip(ids,items)]})
    await call(f"/admin/products/{product.id}/variants/batch", {"delete":ids})
