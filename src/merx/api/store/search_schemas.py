"""Bodies of /store/search."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from merx.core.kinds import Input, not_empty

MOST_QUERIES = 10


class Pagination(Input):
    skip: Annotated[int, Field(ge=0, le=2**31)] = 0
    take: Annotated[int, Field(ge=1, le=1000)] = 20
    order: dict[str, Literal["ASC", "DESC"]] = Field(default_factory=dict)
    cursor: str | None = None


class SearchOptions(Input):
    """How words are searched. Options that PostgreSQL cannot support are refused when used."""

    match_strategy: Literal["all", "any", "last"] = "all"
    typo_tolerance: bool = True
    include_score: bool = False
    count: Literal["estimated", "exact", "none"] = "exact"
    attributes_to_search_on: list[str] | None = None
    facets: Annotated[list[str], Field(max_length=20)] | None = None
    disjunctive_facets: bool | None = None
    highlight: Any = None
    distinct: str | None = None
    min_score: float | None = None
    locales: list[str] | None = None
    vector: dict[str, Any] | None = None

    def unsupported(self) -> list[str]:
        """The options in use that are not supported."""
        names = (
            "attributes_to_search_on", "disjunctive_facets", "highlight", "distinct",
            "min_score", "locales", "vector",
        )  # fmt: skip
        found = [name for name in names if getattr(self, name)]
        return [*found, *(["match_strategy: last"] if self.match_strategy == "last" else [])]


class SearchQuery(Input):
    entity: str
    fields: list[str] | None = None
    filters: dict[str, Any] = Field(default_factory=dict)
    pagination: Pagination = Field(default_factory=Pagination)
    search_options: SearchOptions = Field(default_factory=SearchOptions)


class SearchQueries(Input):
    queries: Annotated[list[SearchQuery], Field(max_length=MOST_QUERIES), AfterValidator(not_empty)]
