"""When the loop of the server has to look at a connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments

from actiongraph.settings import Settings
from actiongraph.web.channel import Channel

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def channel() -> Iterator[Channel]:
    """A connection of a server that gives its requests to nobody."""
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(add_task=lambda _: None, active_channels={})
    made = Channel.within(Settings())(server, ours, ("192.0.2.7", 1), Adjustments(channel_request_lookahead=1), map={})
    yield made
    made.handle_close()
    theirs.close()


def test_a_connection_that_the_loop_watches_needs_it_no_more(channel: Channel) -> None:
    channel.received(REQUEST)
    assert channel.readable()
    channel.requests.clear()
    assert not channel.needs_loop()


def test_one_that_it_has_left_out_does_though_all_its_requests_are_answered(channel: Channel) -> None:
    channel.received(2 * REQUEST)
    assert not channel.readable()
    channel.requests.clear()  # by two threads, of which the first has not yet looked whether to wake the loop
    assert channel.needs_loop()
    channel.received(REQUEST)
    channel.requests.clear()
    assert not channel.needs_loop()
