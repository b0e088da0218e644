"""How long a proxy may repeat an answer, in the header field that nginx reads for it and takes away.

`Cache-Control` stays as it is, so that browsers go on to ask each time. The field is sent with what is the same for
everybody who sends the same address, Accept and Accept-Encoding: a whole answer (200) to GET or HEAD. A time of the
clock is given and not a length of time: it counts from when the request came, since the answer may be from a release
that was replaced meanwhile.

Source: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_valid
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_FIELD = "X-Accel-Expires"
_PERSONAL = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE")
_PINNED_S = 31_536_000


class ProxyCacheMiddleware:
    """A WSGI application that tells a proxy how long it may repeat an answer."""

    def __init__(self, inner: WSGIApplication, newest_s: float, clock: Callable[[], float] = time.time) -> None:
        """Stand before `inner`; what may change with the next release is repeated for `newest_s` seconds."""
        self._inner = inner
        self._newest_s = int(newest_s)
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as `inner` does, with one header field more where a proxy may repeat the answer."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or any(name in environ for name in _PERSONAL):
            return self._inner(environ, start_response)
        until = int(self._clock()) + self._newest_s

        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:  # noqa: ANN401 - exc_info
            expires = self._expires(headers, until) if status.startswith("200 ") else None
            return start_response(status, [*headers, (_FIELD, expires)] if expires else headers, *rest)

        return self._inner(environ, begin)

    def _expires(self, headers: Iterable[tuple[str, str]], until: int) -> str | None:
        """Return the value of the field for an answer that is repeated until the second `until` ends, unless pinned."""
        said = ", ".join(value for name, value in headers if name.lower() == "cache-control")
        if "immutable" in said:
            return str(_PINNED_S)
        return f"@{until}" if said == "no-cache" and self._clock() < until + 1 else None
