"""Values that no client means well by, and ways to spoil a good one."""

import random
from typing import Any

TEXTS = [
    *("", " ", "a", "\u0000", "a\u0000b", "\ud800", "\u202e\u200f", "😀" * 40, "é" * 3, "e\u0301"),
    *("%", "%00", "%ed%a0%80", "\\", "'; DROP TABLE product; --", "${a}", "{{a}}", "../../x"),
    *("null", "true", "NaN", "-0", "1e400", "9" * 400, "x" * 3000, "İ", "ß", "\ufeff", "\r\nX: y"),
    *("2026-01-01", "0000-00-00", "275760-09-13T00:00:00.001Z", "eur", "EUR", "de", "__proto__"),
]
NUMBERS = [0, -1, 1, 0.1, -0.0, 1e15, 1e308, 2**31, 2**53, 2**63, 2**64, 10**400, -(10**30), 1e-300]
ODD_QUERIES = [
    *("%", "&&&", "=", "[]=1", "a[b][c][d]=1", "a[]=1&a[]=2&a=3", "$or[0][id]=1", "$and=1"),
    *(
        "fields=*",
        "fields=-id",
        "fields=+id,*",
        "fields=id.id.id",
        "fields=*variants.*",
        "fields=,",
    ),
    *("fields=**", "fields=+metadata.a.b", "fields=a..b", "fields=%00", "order=-", "order=id,-id"),
    *(
        "order=variants.id",
        "order[id]=1",
        "limit=-1",
        "limit=0",
        "limit=1e3",
        "limit[]=1",
        "limit=",
    ),
    *("offset=-1", "offset=9e99", "q=%25", "q[]=a", "q[a]=b", "with_deleted=maybe", "id[$in]=1"),
    *("id[$nin][]=", "id[$like]=%25", "id[$ilike]=%5C", "created_at[$gt]=x", "created_at[$lt]=1e9"),
    *("id[$exists]=a", "id[$eq]=", "id[$ne][]=a", "$and[0][$or][0][id]=a", "id[$re]=(", "%ff=%ff"),
    *("quantity=-1", "quantity=1e400", "currency_code=%00", "region_id[]=a", "context[a][b]=c"),
    *("country_code=zz", "status[]=x&status[]=y", "metadata[a]=b", "id=a,b", "fields=" + "a." * 60),
    *("created_at[$gte][$lte]=1", "id[" + "9" * 300 + "]=a", "id[$not][$in][]=1", "cart_id=%F0%9F"),
]
BROKEN = [
    *(b"", b"{", b"[", b"nul", b"{]", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":NaN}', b'{"a":1e999}'),
    *(b'{"a":1,"a":2}', b"[" * 3000, b'{"a":' * 3000, b'"\\ud800"', b"-", b"1" * 5000, b"{}{}"),
    *(b"'a'", b"\x00", b'{"id":"\xc3\x28"}', b"null", b"[]", b"0", b'""', b"[[]]", b'{"":{"":[]}}'),
]


class Chance(random.Random):
    """Choices that a seed makes again."""

    ids: list[str]

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.ids = []

    def one_in(self, number: int) -> bool:
        return self.randrange(number) == 0

    def text(self) -> str:
        return self.choice(TEXTS)

    def any_id(self) -> str:
        """Of something that is there, most likely of another kind."""
        return self.choice(self.ids) if self.ids else "none"

    def strange(self) -> Any:
        return self.choice(
            [
                *(None, True, False, [], {}, [[]], [None], {"id": None}, {"$in": []}, {"": ""}),
                *(self.text(), self.text(), self.any_id(), self.any_id(), [self.any_id()]),
                *([self.text()] * 2, {self.text(): self.text()}, ["a"] * 300, {"a": {"b": [1]}}),
                *(self.choice(NUMBERS) for _ in range(4)),
            ]
        )

    def spoiled(self, value: Any) -> Any:
        """The same with something in it exchanged, left out, doubled or added."""
        if isinstance(value, dict) and value and not self.one_in(8):
            name = self.choice(list(value))
            rest = {key: inner for key, inner in value.items() if key != name}
            if self.one_in(6):
                return rest
            if self.one_in(8):
                return {**value, self.text(): self.strange()}
            return {**rest, name: self.spoiled(value[name])}
        if isinstance(value, list) and value and not self.one_in(4):
            place = self.randrange(len(value))
            if self.one_in(4):
                return [*value, value[place]]
            return [*value[:place], self.spoiled(value[place]), *value[place + 1 :]]
        return self.strange()
