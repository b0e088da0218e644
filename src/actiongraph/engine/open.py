"""The choice of an engine, made here alone."""

from __future__ import annotations

from pathlib import Path

from actiongraph.engine.base import Engine
from actiongraph.engine.credentials import Credentials
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.engine.remote import RemoteEngine
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.settings import Settings


def open_engine(location: Path | str, *, pool: Pool | None = None, union_default: bool = True) -> Engine:
    """Return the engine on `location`: the address of an endpoint, or the folder of a store.

    A store is queried through `pool`, whose workers can be ended, or in this process where there is none;
    `union_default` makes its default graph the union of the named ones.

    Raises:
        SettingsError: the address is not an http or https address.
        StoreError: there is no store that can be read, where it is opened in this process.
    """
    if isinstance(location, str):
        return RemoteEngine(location)
    if pool is not None:
        return PooledEngine(pool, location, union_default=union_default)
    return OxigraphEngine.open(location, union_default=union_default)


def open_upstream(url: str, settings: Settings, credentials: Credentials | None = None) -> UpstreamEngine:
    """Return the engine behind an endpoint, at the address `url`; nothing is sent yet. See `UpstreamEngine`.

    Raises:
        SettingsError: the address is not an http or https address, or has a password in it.
    """
    return UpstreamEngine(url, settings, credentials)
