"""What holds only where the server or the system lends a hand, told as it is here and now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from actiongraph.engine.pool import sandbox

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, and whether it is kept here."""

    name: str
    is_kept: bool
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Return the promise as values that JSON can hold."""
        return asdict(self)


def promises(environ: WSGIEnvironment) -> tuple[Promise, ...]:
    """Return what holds for the request of `environ`, as far as its server and this system tell."""
    is_our_server = callable(environ.get("actiongraph.client_gone"))
    tells = is_our_server or callable(environ.get("waitress.client_disconnected"))
    return (
        Promise("vanished-clients", tells, "The query of a client that has gone is ended before its deadline."),
        Promise(
            "unsent-bytes", is_our_server, "Answers that wait for their readers are bounded; the slowest is cut off."
        ),
        Promise(
            "confinement",
            sandbox.available() is sandbox.Confinement.SECCOMP,
            "A query can open no connection and start no program, whatever fault the engine may have.",
        ),
    )
