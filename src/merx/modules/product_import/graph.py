"""What can be read of imports of products."""

from merx.modules.product_import import models
from merx.query.graph import Entity, columns, table_name

PRODUCT_IMPORT = Entity(
    "product_import",
    table_name(models.ProductImport.__table__),
    columns(models.ProductImport.__table__, hidden=("file_key", "digest")),
    always=("id",),
    search=("file_name",),
)

ENTITIES = (PRODUCT_IMPORT,)
