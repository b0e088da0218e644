"""The app for any other WSGI server: `gunicorn 'actiongraph.web.wsgi:make_app()'`.

Settings come from the environment: ACTIONGRAPH_STORE (a folder that `actiongraph build --store` wrote),
ACTIONGRAPH_URL (where clients find the server) and, if things are not named under the default,
ACTIONGRAPH_BASE; ACTIONGRAPH_ENGINE is the address of an
engine that is to answer the queries, with ACTIONGRAPH_ENGINE_CREDENTIALS if it asks for them. Under another server the
answers are the same; `/limits` tells which promises are not kept there, such as ending the query of a client that has
gone. A server that forks must make the app after the fork.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from flask import Flask

from actiongraph.engine.credentials import read_credentials
from actiongraph.engine.open import open_engine, open_upstream
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.errors import SettingsError
from actiongraph.release.previous import as_published
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings, check_url
from actiongraph.vocabulary import CANONICAL_BASE
from actiongraph.web.app import create_app
from actiongraph.web.routes.monitoring import Gauges


def make_app(environment: Mapping[str, str] = os.environ) -> Flask:
    """Return the app on the newest release in a store, with workers of its own that end with the process.

    Raises:
        SettingsError: ACTIONGRAPH_STORE or ACTIONGRAPH_URL is not set.
    """
    store, url = environment.get("ACTIONGRAPH_STORE"), environment.get("ACTIONGRAPH_URL")
    if not store or not url:
        raise SettingsError(
            "Set ACTIONGRAPH_STORE to the folder that actiongraph build --store wrote, and ACTIONGRAPH_URL to "
            "where clients find the server, such as https://example.org/graph/."
        )
    base = environment.get("ACTIONGRAPH_BASE", CANONICAL_BASE)
    settings = as_published(Settings(base=base, url=check_url(url), store=Path(store)), ReleaseStore(Path(store)))
    pool = Pool(settings)
    atexit.register(pool.close)
    snapshots = ReleaseSnapshots(ReleaseStore(Path(store)), partial(open_engine, pool=pool))
    upstream = None
    if address := environment.get("ACTIONGRAPH_ENGINE"):
        engine = open_upstream(address, settings, read_credentials(None, environment))
        atexit.register(engine.close)
        upstream = UpstreamSnapshots(snapshots, engine, settings)
    return create_app(settings, snapshots, Gauges(pool=pool.state), upstream=upstream)
