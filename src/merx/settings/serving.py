"""Where a shop listens, the limits of a request, and what is logged."""

from typing import Literal

from pydantic import Field

from merx.settings.kinds import Section, in_production


class Serving(Section):
    """Where a shop listens, the limits of a request, and what is logged."""

    mode: Literal["development", "production"] = Field(
        default="development",
        description="production: secrets must be set, cookies are secure, logs are JSON",
    )
    host: str = Field(
        default="localhost",
        description="address to serve on; 0.0.0.0 for all, localhost for IPv4 and IPv6",
    )
    port: int = Field(
        default=9000, ge=0, le=65535, description="port to serve on; 0 picks a free one"
    )
    workers: int = Field(default=1, ge=1, le=256, description="processes that answer requests")
    drain_seconds: float = Field(
        default=0,
        ge=0,
        le=300,
        description="after SIGTERM /ready says no that long before the server stops; twice as long "
        "as a load balancer takes to notice",
    )
    max_connections: int = Field(
        default=2000,
        ge=10,
        description="maximum number of client connections per worker; more get 503",
    )
    max_body_bytes: int = Field(
        default=32 * 1024 * 1024,
        ge=1024,
        description="maximum size of a request body in bytes; larger ones get 413",
    )
    max_store_body_bytes: int = Field(
        default=100 * 1024, ge=1024, description="the same for requests to /store"
    )
    max_upload_bytes: int = Field(
        default=200 * 1024 * 1024,
        ge=1024,
        description="maximum size of an upload or import in bytes; larger ones get 413",
    )
    max_bulk_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=1024,
        description="largest body of a bulk job, unpacked; beyond it 413",
    )
    max_batch_rows: int = Field(
        default=10_000, ge=1, description="maximum number of rows in one call; more get 413"
    )
    max_priced_products: int = Field(
        default=10_000,
        ge=1,
        description="most products whose prices are calculated to order or filter by price; more "
        "get 400",
    )
    facet_sample: int = Field(
        default=5_000,
        ge=1,
        description="products whose variants are looked at to count options and prices; of more, "
        "the counts are estimates",
    )
    store_cors: str = Field(
        default="http://localhost:8000",
        description="origins that may call /store, comma-separated; /…/ is a regular expression",
    )
    admin_cors: str = Field(
        default="http://localhost:5173,http://localhost:9000",
        description="origins that may call /admin",
    )
    auth_cors: str = Field(
        default="http://localhost:5173,http://localhost:9000,http://localhost:8000",
        description="origins that may call /auth",
    )
    trust_forwarded_host: bool = Field(
        default=False,
        description="the proxy in front sets X-Forwarded-Host itself: pages of that host are the "
        "shop's own",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severity to log"
    )
    log_format: Literal["console", "json"] = Field(
        default_factory=lambda values: "json" if in_production(values) else "console",
        description="console for people, json for machines; json in production",
    )
    access_log: bool = Field(default=True, description="one line for each request")
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="port of /metrics for Prometheus; 0: none. Needs merx[metrics]",
    )
    metrics_host: str = Field(default="localhost", description="address of that port")
    traces_url: str = Field(
        default="",
        description="where traces go: OTLP over HTTP, such as http://localhost:4318/v1/traces; "
        "empty: nowhere. Needs merx[traces]",
    )
    extensions: str = Field(
        default="",
        description="extensions beside those of installed packages: package:NAME, with commas "
        "between (docs/extending.md)",
    )
