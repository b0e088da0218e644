"""What every room of routes is handed: settings, releases and the desk that asks on behalf of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request

from actiongraph.engine.base import QueryBudget
from actiongraph.engine.bounded import BoundedEngine
from actiongraph.errors import RequestError
from actiongraph.release.snapshots import Snapshot, Snapshots
from actiongraph.settings import Settings
from actiongraph.web.desk import Desk
from actiongraph.web.http.protocol import read_parameters, read_version


@dataclass(frozen=True, slots=True)
class Site:
    """One deployment, as the routes see it."""

    settings: Settings
    snapshots: Snapshots
    desk: Desk

    @property
    def url(self) -> str:
        """The address that locations are written under; it ends in a slash."""
        return (self.settings.url or "").rstrip("/") + "/"

    def parameters(self) -> dict[str, str]:
        """Return the parameters in the address of the current request; of one that is repeated, the first.

        Raises:
            RequestError: they cannot be read.
        """
        pairs = read_parameters(request.query_string.decode("latin-1"), self.settings)
        return dict(reversed(pairs))

    def page_number(self) -> int:
        """Return the number of the page that the current request asks for, counted from 1.

        Raises:
            RequestError: it is no such number.
        """
        written = self.parameters().get("page") or "1"
        if not re.fullmatch("0*[1-9][0-9]{0,8}", written):
            raise RequestError(f"The page {written[:40]!r} is no number of a page; write such as 1.")
        return int(written.lstrip("0"))

    def version(self) -> str | None:
        """Return the version that the current request names by `?version=`, whether or not there is such a release.

        Raises:
            RequestError: two are named, or the parameters cannot be read.
        """
        return read_version(read_parameters(request.query_string.decode("latin-1"), self.settings))

    def snapshot(self) -> Snapshot:
        """Return what the current request asks: the newest release, or the one that `?version=` names.

        Raises:
            UnknownResource: there never was such a release.
            GoneResource: it is no longer kept.
        """
        version = self.version()
        return self.snapshots.at(version) if version else self.snapshots.current()

    def engine(self, snapshot: Snapshot, budget: QueryBudget) -> BoundedEngine:
        """Return the engine of `snapshot` for all queries behind one answer, which together have one deadline."""
        return BoundedEngine(snapshot.engine, budget, self.settings.timeout_s)
