"""The server that carries the app: gunicorn with threads, on a socket bound before anything else is done."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from flask import Flask
from gunicorn.app.base import BaseApplication

from actiongraph.errors import SettingsError

_THREADS = 16
_GRACE_S = 5
_LISTEN_BACKLOG = 512


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
                f"{host} port {port} cannot be listened on ({reason.lower()}); "
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


def run(app: Flask, listener: Listener, ready: Callable[[], None]) -> None:
    """Serve `app` until the process is told to stop; `ready` is called once connections are accepted."""
    _Server(app, listener, ready).run()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, listener: Listener, ready: Callable[[], None]) -> None:
        self._app = app
        self._listener = listener
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        wanted: dict[str, Any] = {
            # From here on the socket is gunicorn's to close.
            "bind": f"fd://{self._listener.socket.detach()}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": _THREADS,
            "graceful_timeout": _GRACE_S,
            # Longer addresses than gunicorn's own limit are ours to refuse, in our own words.
            "limit_request_line": 0,
            "limit_request_field_size": 65_536,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda _server: self._ready(),
            # A worker is a fork in the middle of the command: it must not run the clean-up of its parent.
            "worker_exit": lambda _server, _worker: os._exit(0),
        }
        for name, value in wanted.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app
