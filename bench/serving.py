"""The server on a store as it stands, without a build at its start.

    python -m bench.serving STORE [LIMIT=NUMBER…]

It tells its address as `actiongraph serve` does.
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


def serve(store: Path, limits: dict[str, int]) -> None:
    """Serve the newest release in `store` at a free port until the process is told to stop."""
    with Listener("127.0.0.1", 0) as listener:
        settings = Settings(**{"url": listener.url, "store": store, **limits})  # type: ignore[arg-type]
        with closing(Pool(settings)) as pool:
            snapshots = ReleaseSnapshots(
                ReleaseStore(store), lambda found: PooledEngine(pool, found, union_default=True)
            )
            gauges = Gauges(pool=pool.state)
            server = Server(create_app(settings, snapshots, gauges), listener, settings)
            gauges.traffic = server.traffic

            def tell() -> None:
                sys.stdout.write(f"Serving on {listener.url}\n")
                sys.stdout.flush()

            server.run(ready=tell, give_up=pool.close)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), {name: int(value) for name, value in (each.split("=") for each in sys.argv[2:])})
