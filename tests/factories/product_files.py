"""Uploads of product files."""

import httpx

SIMPLE = "Product Handle,Product Title,Variant Title,Variant Option 1 Name,Variant Option 1 Value"


async def sent(admin: httpx.AsyncClient, text: str, name: str = "products.csv") -> httpx.Response:
    """The response to an import of the file."""
    file = {"file": (name, text.encode(), "text/csv")}
    return await admin.post("/admin/products/import", files=file)
