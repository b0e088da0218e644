"""Who asks: a header is believed only as far as those who wrote it are trusted."""

from __future__ import annotations

import pytest

from actiongraph.errors import SettingsError
from actiongraph.web.http.clients import client_of, read_networks

TRUSTED = read_networks("127.0.0.1, 10.0.0.0/8, ::1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.1.2.3 , 10.9.9.9", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "not an address", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"),
        ("127.0.0.1", ", ,", "127.0.0.1"),
        ("::1", "[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::"),
        ("", None, ""),
    ],
)
def test_the_client_is_the_last_one_that_nobody_trusted_wrote(peer: str, forwarded: str | None, client: str):
    environ = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_of(environ, TRUSTED) == client


def test_without_trusted_proxies_the_header_is_nothing():
    assert client_of({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}) == "127.0.0.1"


def test_what_is_no_network_is_refused():
    with pytest.raises(SettingsError, match=r"'10\.0\.0\.0/99'"):
        read_networks("10.0.0.0/99")
    assert read_networks("") == ()
