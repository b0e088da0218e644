"""What every room of routes is handed: settings, releases and the desk that asks on behalf of a request."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from actiongraph.engine.base import Allowance, Edition, Library
from actiongraph.engine.bounded import BoundedEngine
from actiongraph.settings import Settings
from actiongraph.web.desk import Desk
from actiongraph.web.protocol import read_parameters, read_version


@dataclass(frozen=True, slots=True)
class Site:
    """One deployment, as the routes see it."""

    settings: Settings
    library: Library
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

    def edition(self) -> Edition:
        """Return what the current request asks: the newest release, or the one that `?version=` names.

        Raises:
            UnknownResource: there never was such a release.
            GoneResource: it is no longer kept.
        """
        version = read_version(read_parameters(request.query_string.decode("latin-1"), self.settings))
        return self.library.at(version) if version else self.library.current()

    def engine(self, edition: Edition, allowance: Allowance) -> BoundedEngine:
        """Return the engine of `edition` for all questions behind one answer, which together have one deadline."""
        return BoundedEngine(edition.engine, allowance, self.settings.timeout_s)
