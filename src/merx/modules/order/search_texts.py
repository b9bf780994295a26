"""The texts searched in orders: columns of orders and of their addresses."""

ORDER_TEXTS = ("email", "custom_display_id", "display_id")
ADDRESS_TEXTS = (
    "company",
    "first_name",
    "last_name",
    "address_1",
    "address_2",
    "city",
    "province",
    "postal_code",
    "phone",
)
