"""The server that carries the app: waitress, whose one loop does all reading and writing.

So a client that sends slowly, reads slowly or not at all costs a buffer and never a thread, and the app learns
when its client has gone. This module adds what waitress does not do: an answer is given up rather than let
unsent bytes grow without bound, a server with nearly all connections taken closes those that have been silent
longest, and one that is to stop lets requests finish first.
"""

from __future__ import annotations

import ctypes
import logging
import math
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from waitress import wasyncore
from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.server import create_server

from actiongraph.errors import SettingsError
from actiongraph.settings import Settings
from actiongraph.web.channel import Channel, Dispatcher, is_loop_needed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_GRACE_S = 3.5
_LAST_WORDS_S = 1.0
_LISTEN_BACKLOG = 4096
"""As many as Linux allows by default. A client beyond them connects only when it tries again, a second later."""
_ACCEPTED_AT_ONCE = 64
_LOOK_S = 0.25
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 65_536
_FILES_BESIDE_CONNECTIONS = 256
_FILES_EACH = 3
"""A connection is a file, and a long body or answer waits in one of its own, or is one."""
_HEADER_BYTES = 131_072
_SEND_BYTES = 262_144


class Listener:
    """A bound socket, so that the port is known, and refused, before any work is done."""

    def __init__(self, host: str, port: int) -> None:
        """Bind `host` and `port`; port 0 takes a free one.

        Raises:
            SettingsError: the address is in use, not allowed, or no address of this machine.
        """
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
            self.socket = socket.create_server(address[:2], family=family, backlog=_LISTEN_BACKLOG)
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SettingsError(
                f"{host} port {port} cannot be opened ({reason.lower()}); "
                "choose another with --host and --port, or let --port 0 pick a free one."
            ) from error
        self.host = host
        self.port: int = self.socket.getsockname()[1]

    @property
    def url(self) -> str:
        """The address of the server as a client on this machine writes it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()


@dataclass(slots=True)
class Traffic:
    """The connections and unsent bytes of the server now, and how many clients it has cut off so far."""

    connections: int = 0
    unsent_bytes: int = 0
    cut_slow: int = 0
    cut_silent: int = 0


class Server:
    """Serves an app on a listener until it has to stop."""

    def __init__(self, app: WSGIApplication, listener: Listener, settings: Settings) -> None:
        """Take the app; connections are accepted but not answered before `run`."""
        self._app = app
        self._settings = settings
        self._traffic = Traffic()
        self._active = 0
        self._lock = threading.Lock()
        self._stop_at = math.inf
        self._look_at = 0.0
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._server: Any = create_server(
            self._answer,
            map={},
            sockets=[listener.socket],
            _dispatcher=Dispatcher(2 * settings.workers + settings.max_waiting + 8),
            backlog=_LISTEN_BACKLOG,
            connection_limit=_connections(settings),
            asyncore_use_poll=True,
            channel_timeout=settings.silence_s,
            cleanup_interval=5,
            channel_request_lookahead=1,
            max_request_header_size=_HEADER_BYTES,
            max_request_body_size=4 * settings.max_query_bytes,  # every byte percent-encoded, and the dataset
            # An answer is bounded already, so a thread never waits for its reader.
            outbuf_high_watermark=2 * settings.max_answer_bytes,
            # Whom to believe is the app's business.
            clear_untrusted_proxy_headers=False,
            # Head and body leave together; sent one by one they cost a quarter of the throughput.
            send_bytes=_SEND_BYTES,
            ident=None,
            expose_tracebacks=False,
        )
        self._server.channel_class = Channel.within(settings)
        self._wake_loop = self._server.pull_trigger
        self._server.pull_trigger = self._wake
        self._accept_one = self._server.handle_accept
        self._server.handle_accept = self._accept

    def run(self, ready: Callable[[], None], give_up: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` is called once requests are answered.

        At a signal, no connection is accepted any more, and requests have `_GRACE_S` to finish. Then
        `give_up` is called, which must make the rest of them end, and they have a moment to say so.
        """
        _give_memory_back()
        for kind in (signal.SIGTERM, signal.SIGINT):
            signal.signal(kind, self._stop)
        ready()
        while self._stop_at == math.inf:
            self._turn()
        # Not the server's own close(), which would stop its loop as well.
        wasyncore.dispatcher.close(self._server)
        self._finish()
        give_up()
        self._stop_at = time.monotonic() + _LAST_WORDS_S
        self._finish()
        self._server.task_dispatcher.shutdown(timeout=_LOOK_S)

    def _accept(self) -> None:
        """Take what has connected, up to `_ACCEPTED_AT_ONCE` connections and as many as are kept.

        waitress takes one a turn, and in a turn looks at every connection: a crowd that connects at once would make
        whoever comes next wait for it, or fill the line in which the system keeps them.
        """
        connections = self._server._map
        for _ in range(_ACCEPTED_AT_ONCE):
            before = len(connections)
            self._accept_one()
            if len(connections) == before:
                return
            if len(connections) >= self._server.adj.connection_limit:
                self._look_at = 0
                return

    def _wake(self) -> None:
        """Wake the loop if it has something to do; waitress does so after each answer. One that stops counts them."""
        if is_loop_needed() or not self._server.accepting:
            self._wake_loop()

    def _turn(self) -> None:
        wasyncore.loop(timeout=_LOOK_S, use_poll=True, map=self._server._map, count=1)
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            self._let_go()

    def _finish(self) -> None:
        """Go on until every request is answered and every answer sent, or until `_stop_at`."""
        while time.monotonic() < self._stop_at and (
            self._active or any(channel.requests or channel.total_outbufs_len for channel in self._channels())
        ):
            self._turn()

    def is_busy(self) -> bool:
        """Tell whether a client waits for an answer."""
        return self._active > 0

    def traffic(self) -> Traffic:
        """Return the figures of connections as they are now."""
        channels = self._channels()
        self._traffic.connections = len(channels)
        self._traffic.unsent_bytes = sum(channel.unsent_bytes for channel in channels)
        return self._traffic

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """Note when to stop: after a grace, or at the second signal, now."""
        self._stop_at = time.monotonic() + (_GRACE_S if self._stop_at == math.inf else 0)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            self._active += 1
        try:
            environ["actiongraph.client_gone"] = environ.get("waitress.client_disconnected")
            answer = self._app(environ, start_response)
            # A file is sent as it lies on disk, and waits there; all else is whole before it is sent.
            return answer if isinstance(answer, ReadOnlyFileBasedBuffer) else [b"".join(answer)]
        finally:
            with self._lock:
                self._active -= 1

    def _let_go(self) -> None:
        """Cut off the slowest readers while too much is unsent, and the most silent while few connections are left.

        What is unsent of a file is no reason by itself: it costs no memory.
        """
        channels = self._channels()
        slowest = sorted((channel for channel in channels if channel.total_outbufs_len), key=_quiet_since)
        unsent = sum(channel.unsent_bytes for channel in slowest)
        for channel in slowest:
            if unsent <= self._settings.max_unsent_bytes:
                break
            if waiting := channel.unsent_bytes:
                unsent -= waiting
                channel.handle_close()
                self._traffic.cut_slow += 1
        stalled = [c for c in slowest if c.connected and _quiet_since(c) < time.time() - self._settings.silence_s]
        crowd = len(channels) - _connections(self._settings) * 9 // 10
        silent = sorted((c for c in channels if c.connected and not c.requests), key=_quiet_since)[: max(0, crowd)]
        for channel in (*stalled, *silent):
            channel.handle_close()
            self._traffic.cut_silent += 1

    def _channels(self) -> list[Channel]:
        return list(self._server.active_channels.values())


def _give_memory_back() -> None:
    """Have the C library give large buffers back to the system when they are freed, if it can.

    Left alone, glibc keeps a heap for nearly each thread, and in it the largest that was ever there.
    Source: mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_ARENA_MAX, 2)


def _quiet_since(channel: Channel) -> float:
    return float(channel.last_activity)


def _connections(settings: Settings) -> int:
    """Return how many connections are kept: as set, but never more than the files this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_EACH * int(settings.max_connections) + _FILES_BESIDE_CONNECTIONS
    if soft < wanted:
        soft = min(wanted, hard) if hard != resource.RLIM_INFINITY else wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(int(settings.max_connections), (soft - _FILES_BESIDE_CONNECTIONS) // _FILES_EACH))
