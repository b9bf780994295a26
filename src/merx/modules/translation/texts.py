"""Which texts can be translated, and how locale codes are written. Pure rules."""

# The entities that have texts, with the fields that hold them.
TEXTS: dict[str, tuple[str, ...]] = {
    "customer_group": ("name",),
    "product": ("title", "subtitle", "description", "material"),
    "product_category": ("name", "description"),
    "product_collection": ("title",),
    "product_option": ("title",),
    "product_option_value": ("value",),
    "product_tag": ("value",),
    "product_type": ("value",),
    "product_variant": ("title", "material"),
    "property_label": ("label", "description"),
    "refund_reason": ("label", "description"),
    "region": ("name",),
    "return_reason": ("label", "description"),
    "shipping_option": ("name",),
    "shipping_option_type": ("label", "description"),
    "tax_rate": ("name",),
}

_SCRIPT = 4


def locale_code(code: str) -> str:
    """The code as it is stored: language small, script with a capital, region in capitals.

    >>> locale_code("ZH-hans-cn")
    'zh-Hans-CN'
    """
    match code.lower().split("-"):
        case [language]:
            return language
        case [language, part]:
            part = part.capitalize() if len(part) == _SCRIPT else part.upper()
            return f"{language}-{part}"
        case [language, script, region]:
            return f"{language}-{script.capitalize()}-{region.upper()}"
        case _:
            return code
