"""Names that mislead, in a real browser: no page is wider than a phone, or than a window at twice the size.

What the pages say of such names is tested by tests/web/test_hostile_names.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore

pytestmark = pytest.mark.long("browser")

HOSTILE = Path(__file__).parents[1] / "hostile"
PAGES = (HOSTILE / "hostile_pages.txt").read_text("utf-8").split()
ZOOMED = 640
"""The width of a window of 1280 pixels at 200 % (WCAG 2.2, 1.4.4), in pixels of CSS."""
RUN_AXE = "axe.run().then(told => told.violations.map(found => [found.id, found.nodes.map(node => node.html)]))"


@pytest.fixture(scope="module")
def hostile(serve_snapshots, tmp_path_factory) -> Iterator[str]:
    """The address at which the hostile data are served."""
    from bench.publish import publish_data

    folder = tmp_path_factory.mktemp("hostile")
    (folder / "data").mkdir()
    (folder / "data" / "hostile.ttl").write_bytes((HOSTILE / "hostile_data.ttl").read_bytes())
    (folder / "data" / "turned.ledger.ttl").write_bytes((HOSTILE / "hostile_ledger.ttl").read_bytes())
    publish_data(folder / "data", folder / "store")
    with serve_snapshots(ReleaseSnapshots(ReleaseStore(folder / "store"))) as url:
        yield url


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stays_within_the_window(browser, node_modules, hostile: str, path: str) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    for width in (390, ZOOMED):
        with browser.page(f"{hostile}{path[1:]}", width=width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.evaluate(axe)
            assert page.evaluate(RUN_AXE) == []
