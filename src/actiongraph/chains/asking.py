"""The queries of this room."""

from __future__ import annotations

from actiongraph.engine.queries import ShippedQueries

_QUERIES = ShippedQueries("actiongraph.chains")
ask, ask_of_each, ask_once = _QUERIES.ask, _QUERIES.ask_of_each, _QUERIES.ask_once
