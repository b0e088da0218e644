"""User and password for an engine elsewhere, from a file or the environment: they are shown to nobody but the engine.

Source: RFC 7617 (Basic), RFC 7616 (Digest).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import parse_http_list, parse_keqv_list

from actiongraph.errors import SettingsError, UpstreamError

VARIABLE = "ACTIONGRAPH_ENGINE_CREDENTIALS"
"""The environment variable that may have them, as `user:password`."""
_HASHES: Mapping[str, Callable[[str], str]] = {
    "SHA-256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "MD5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),  # what Virtuoso 7 asks for
}
_KNOWN = "Basic, and Digest by MD5 or SHA-256"
HOW = f"write user:password into one line of a file, or into the environment variable {VARIABLE}."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, which neither its text nor an error shows."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def read_credentials(file: Path | None, environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in `file`, else those in the environment; None if neither has any.

    Raises:
        SettingsError: it cannot be read, or is not `user:password`; the message has nothing of it.
    """
    if file is None:
        written, where = environment.get(VARIABLE, ""), f"the environment variable {VARIABLE}"
        if not written:
            return None
    else:
        where = "the file for --credentials"  # without its name, which may be the password itself, given by mistake
        try:
            written = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise SettingsError(f"{where.capitalize()} cannot be read: {reason}; {HOW}") from None
    user, colon, password = written.rstrip("\r\n").partition(":")
    if not (user and colon and password) or not (user + password).isprintable():
        raise SettingsError(f"What {where} has is not user:password; {HOW}")
    return Credentials(user, password)


class Authorization:
    """Answers the challenges of one server; nothing is sent unasked.

    Digest is preferred to Basic, which shows the password to whoever reads the line.
    """

    def __init__(self, credentials: Credentials) -> None:
        """Take the credentials; there is no challenge yet."""
        self._credentials = credentials
        self._basic = base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode("ascii")
        self._sends_basic = False
        self._challenge: Mapping[str, str] = {}
        self._count = 0
        self._secrets = [credentials.password, self._basic, ""]

    def field(self, method: str, target: str) -> str | None:
        """Return the value of the field Authorization of a request, or None as long as nobody has asked for it."""
        if self._challenge:
            return f"Digest {self._digest(method, target)}"
        return f"Basic {self._basic}" if self._sends_basic else None

    def learn(self, challenges: Iterable[str], sent: str | None = None) -> bool:
        """Take what a server asks for where `sent` was not enough, and tell whether another try makes sense.

        It does where nothing was sent that this server takes, or a nonce that it takes no longer: others may have been
        asked meanwhile, and not every server says that one is stale.

        Raises:
            UpstreamError: it asks for nothing that is known here.
        """
        kind, _, rest = (sent or "").partition(" ")
        asked = [(kind.lower(), rest) for kind, _, rest in (each.strip().partition(" ") for each in challenges)]
        digests = [parse_keqv_list(parse_http_list(rest)) for kind, rest in asked if kind == "digest" and "=" in rest]
        if known := [each for each in digests if _is_known(each)]:
            nonce = known[0]["nonce"]
            if self._challenge.get("nonce") != nonce:
                self._challenge, self._count = known[0], 0
            return kind != "Digest" or parse_keqv_list(parse_http_list(rest))["nonce"] != nonce
        if "basic" in dict(asked):
            self._sends_basic = True
            return kind != "Basic"
        raise UpstreamError(f"The engine asks for a password in a way that is not known here; {_KNOWN} are.")

    def shows(self, text: str) -> bool:
        """Tell whether `text` has anything that must not be shown, as where a server repeats what it was sent."""
        return any(secret in text for secret in self._secrets if secret)

    def _digest(self, method: str, target: str) -> str:
        """Source: RFC 7616, section 3.4."""
        asked, client_nonce = self._challenge, secrets.token_hex(8)
        self._count += 1
        hashed = _HASHES[asked.get("algorithm", "MD5").upper()]
        count = f"{self._count:08x}"
        who = hashed(f"{self._credentials.user}:{asked['realm']}:{self._credentials.password}")
        middle = f":{count}:{client_nonce}:auth:" if "qop" in asked else ":"
        response = hashed(f"{who}:{asked['nonce']}{middle}{hashed(f'{method}:{target}')}")
        self._secrets[-1] = response
        said = {"username": self._credentials.user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": target}
        said |= {"response": response, "cnonce": client_nonce} | {k: asked[k] for k in ("opaque",) if k in asked}
        quoted = ", ".join(f'{name}="{_quoted(value)}"' for name, value in said.items())
        bare = ", qop=auth" if "qop" in asked else ""
        return f"{quoted}, nc={count}, algorithm={asked.get('algorithm', 'MD5')}{bare}"


def _is_known(challenge: Mapping[str, str]) -> bool:
    offers = {offer.strip() for offer in challenge.get("qop", "auth").split(",")}
    return (
        "realm" in challenge
        and "nonce" in challenge
        and "auth" in offers
        and (challenge.get("algorithm", "MD5").upper() in _HASHES)
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
