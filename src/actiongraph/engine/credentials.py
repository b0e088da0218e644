"""User and password for an engine elsewhere, from a file or the environment: they are shown to nobody but the engine.

Source: RFC 7617 (Basic), RFC 7616 (Digest).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
)

from actiongraph.errors import EndpointError, SettingsError

VARIABLE = "ACTIONGRAPH_ENGINE_CREDENTIALS"
"""The environment variable that may have them, as `user:password`."""
_HOW = f"write user:password into one line of a file, or into the environment variable {VARIABLE}."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, which neither its text nor an error shows."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def read_credentials(file: Path | None, environment: Mapping[str, str]) -> Credentials | None:
    """Return what `file` says, else what the environment says; None if neither says anything.

    Raises:
        SettingsError: it cannot be read, or is not `user:password`; the message has nothing of it.
    """
    if file is None:
        written, where = environment.get(VARIABLE, ""), VARIABLE
        if not written:
            return None
    else:
        where = str(file)
        try:
            written = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise SettingsError(f"The credentials in {where} cannot be read: {reason}; {_HOW}") from None
    user, colon, password = written.rstrip("\r\n").partition(":")
    if not (user and colon and password) or not (user + password).isprintable():
        raise SettingsError(f"What {where} has is not user:password; {_HOW}")
    return Credentials(user, password)


class Authorization:
    """Answers the challenges of one server, whose addresses all begin with `root`; nothing is sent unasked.

    Digest is preferred to Basic, which shows the password to whoever reads the line.
    """

    def __init__(self, root: str, credentials: Credentials) -> None:
        """Take the credentials; there is no challenge yet."""
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, root, credentials.user, credentials.password)
        self._digest = AbstractDigestAuthHandler(passwords)
        self._challenge: Mapping[str, str] | None = None
        both = f"{credentials.user}:{credentials.password}".encode()
        self._basic = base64.b64encode(both).decode("ascii")
        self._sends_basic = False
        self._sent = ""
        self._secrets = (credentials.password, self._basic)

    def field(self, method: str, address: str, body: bytes | None) -> str | None:
        """Return the value of the field Authorization for a request, or None as long as nobody has asked for it.

        Raises:
            EndpointError: the server asks for what is not known here.
        """
        if self._challenge is not None:
            try:
                said = self._digest.get_authorization(Request(address, body, method=method), self._challenge)  # noqa: S310 - nothing is opened
            except (ValueError, KeyError, URLError):
                said = None
            if said is None:
                raise EndpointError("The engine asks for a kind of Digest that is not known here; use MD5 or Basic.")
            self._sent = f"Digest {said}"
            return self._sent
        return f"Basic {self._basic}" if self._sends_basic else None

    def learn(self, challenges: Iterable[str]) -> bool:
        """Take what a server asks for, and tell whether another try makes sense: not if it refused just that."""
        kinds = {kind.lower(): rest for kind, _, rest in (each.strip().partition(" ") for each in challenges)}
        if "digest" in kinds:
            asked = parse_keqv_list(parse_http_list(kinds["digest"]))
            is_new = self._challenge is None or asked.get("stale", "").lower() == "true"
            self._challenge = asked
            return is_new
        is_new, self._sends_basic = "basic" in kinds and not self._sends_basic, "basic" in kinds
        return is_new

    def shows(self, text: str) -> bool:
        """Tell whether `text` has anything that must not be shown, as where a server repeats what it was sent."""
        return any(secret in text for secret in (*self._secrets, self._sent) if secret)
