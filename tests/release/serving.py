"""The server on a store as it stands, without a build at its start.

`python serving.py STORE [LIMIT=NUMBER…]` tells its address.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app
from actiongraph.web.routes.monitoring import Gauges
from actiongraph.web.server import Listener, Server

with Listener("127.0.0.1", 0) as listener:
    limits = {name: int(value) for name, value in (limit.split("=") for limit in sys.argv[2:])}
    settings = Settings(**{"url": listener.url, "store": Path(sys.argv[1]), "workers": 2, **limits})
    with closing(Pool(settings)) as pool:
        snapshots = ReleaseSnapshots(
            ReleaseStore(Path(sys.argv[1])), lambda store: PooledEngine(pool, store, union_default=True)
        )
        gauges = Gauges(pool=pool.state)
        server = Server(create_app(settings, snapshots, gauges), listener, settings)
        gauges.traffic = server.traffic

        def tell() -> None:
            sys.stdout.write(f"{listener.url}\n")
            sys.stdout.flush()

        server.run(ready=tell, give_up=pool.close)
