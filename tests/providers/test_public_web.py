"""Requests to addresses entered by users reach the public internet only."""

import asyncio
from ipaddress import ip_address
from typing import Any

import pytest

from merx.core.errors import InvalidData
from merx.providers.public_web import AddressRefused, Networks, Poster, check_url, resolve
from tests.factories.webhook_receiver import receiving

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.9.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:53aa:64c:0:fbff:80ff:fffe",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not Networks("").allow(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_not(address: str) -> None:
    assert Networks("").allow(ip_address(address))


def test_a_setting_opens_its_networks_alone() -> None:
    networks = Networks("10.1.0.0/16, ::1")

    assert networks.allow(ip_address("10.1.2.3"))
    assert networks.allow(ip_address("::ffff:10.1.2.3"))
    assert networks.allow(ip_address("::1"))
    assert not networks.allow(ip_address("10.2.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.test",
        "ftp://shop.test",
        "file:///etc/passwd",
        "http://shop.test",
        "https://",
        "https://shop.test:0/",
        "https://shop.test:99999/",
        "https://user:word@shop.test/",
        "https://shop.test/#part",
        "https://shop.test/\r\nx: y",
        "https://[::1]/",
        "https://[::1",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://bücher.test/",
    ],
)
def test_bad_urls_are_refused(url: str) -> None:
    with pytest.raises(InvalidData):
        check_url(url, Networks(""), field="url")


def test_good_urls_are_taken() -> None:
    check_url("https://shop.test:8443/hooks?a=b", Networks(""), field="url")
    check_url("http://10.1.2.3/", Networks("10.1.0.0/16"), field="url")


def _names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let `shop.test` lead to other addresses each time; the names that were asked for."""
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    known = loop.getaddrinfo

    async def getaddrinfo(host: Any, port: Any, **options: Any) -> Any:
        if host != "shop.test":
            return await known(host, port, **options)
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo, raising=False)
    return asked


async def test_one_private_address_among_others_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(AddressRefused, match=r"shop\.test leads to 10\.0\.0\.1"):
        await resolve("shop.test", 443, Networks(""), is_plain=False)


async def test_without_tls_only_named_networks_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch, ["8.8.8.8"])

    with pytest.raises(AddressRefused):
        await resolve("shop.test", 80, Networks("127.0.0.1"), is_plain=True)


async def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiving() as receiver, Poster(Networks("127.0.0.1")) as poster:
        asked = _names(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        url = receiver.url.replace("127.0.0.1", "shop.test")

        answer = await poster.post(url, {}, b"{}")

        # Looked up once: a second look-up could have led elsewhere.
        assert (answer.status, asked) == (200, ["shop.test"])
        assert receiver.headers[0]["host"].startswith("shop.test:")
