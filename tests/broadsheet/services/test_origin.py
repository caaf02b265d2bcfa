"""Where a request comes from: nobody but the proxies that are named is believed."""

import pytest

from broadsheet.model.errors import SettingsError
from broadsheet.model.settings import Settings
from broadsheet.services.limits import network_of
from broadsheet.services.origin import Origin, check_listening, is_loopback, origin_of
from broadsheet.wiring import read_settings

FORWARDED = {"host": "paper.example", "x-forwarded-for": "6.6.6.6", "x-forwarded-proto": "https"}


def origin(settings: Settings, headers: dict[str, str], peer: str = "10.0.0.1") -> Origin:
    return origin_of(settings, scheme="http", headers=headers, peer=peer)


def test_a_header_alone_says_nothing() -> None:
    found = origin(Settings(), FORWARDED)
    assert (found.base, found.client) == ("http://paper.example", "10.0.0.1")
    assert not found.is_secure
    assert found.session_cookie == "broadsheet"


def test_a_named_proxy_is_believed() -> None:
    found = origin(Settings(proxies=("10.0.0.0/8",)), FORWARDED)
    assert (found.base, found.client) == ("https://paper.example", "6.6.6.6")
    assert found.session_cookie == "__Host-broadsheet"


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("6.6.6.6, 7.7.7.7", "7.7.7.7"),
        ("6.6.6.6, 7.7.7.7, 10.0.0.9", "7.7.7.7"),
        ("6.6.6.6, nonsense, 10.0.0.9", "10.0.0.9"),
        ("nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("2001:db8::7", "2001:db8::7"),
        ("7.7.7.7\r\nEvil: 1", "10.0.0.1"),
    ],
)
def test_the_last_hop_that_is_no_proxy_is_the_client(hops: str, client: str) -> None:
    settings = Settings(proxies=("10.0.0.0/8",))
    assert origin(settings, {"host": "a", "x-forwarded-for": hops}).client == client


def test_the_address_of_the_settings_stands_over_the_request() -> None:
    found = origin(Settings(address="https://Paper.Example/"), {"host": "evil.example"})
    assert (found.base, found.host, found.is_secure) == (
        "https://paper.example",
        "paper.example",
        True,
    )


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1:80", False), ("[::1]:80", False), ("localhost:8321", True), ("", False)],
)
def test_passkeys_need_a_name(host: str, name: bool) -> None:
    assert origin(Settings(), {"host": host}).has_name is name


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"]
)
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.nip.io",
    ],
)
def test_names_of_others(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "paper.example"])
def test_one_reader_is_not_served_to_others(host: str) -> None:
    with pytest.raises(SettingsError, match="accounts to invited or open"):
        check_listening(Settings(host=host))
    check_listening(Settings(host=host, accounts="invited"))
    check_listening(Settings(host="127.0.0.1"))


@pytest.mark.parametrize(
    "address",
    ["paper.example", "ftp://a", "https://", "https://a/b", "https://a?x=1", "https://u:p@a"],
)
def test_an_address_is_a_scheme_and_a_host(address: str) -> None:
    with pytest.raises(SettingsError, match="address"):
        read_settings(environment={"BROADSHEET_ADDRESS": address})


def test_proxies_are_networks() -> None:
    read = read_settings(environment={"BROADSHEET_PROXIES": '["10.0.0.1", "fd00::/8"]'})
    assert read.proxies == ("10.0.0.1/32", "fd00::/8")
    for wrong in ('["proxy.example"]', "10.0.0.1", '["10.0.0.1/8"]'):
        with pytest.raises(SettingsError, match="proxies"):
            read_settings(environment={"BROADSHEET_PROXIES": wrong})


def test_many_addresses_of_one_customer_are_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("::ffff:1.2.3.4") == network_of("1.2.3.4") == "1.2.3.4"
    assert network_of("testclient") == "testclient"
