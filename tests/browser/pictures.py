"""Make the pictures in `docs/pictures/`: a chain, the workbench, and a sheet of all kinds of pages.

    python tests/browser/pictures.py SHIPPED GENERATED SECOND

The arguments are addresses of servers: of the shipped data, of some thousand actions made by `bench`, and of another
programme, as `actiongraph init` makes one. Each page is taken as it is first seen, at 1280 and 390 pixels, light and
dark. What draws them is Chromium.
"""

from __future__ import annotations

import base64
import html
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from chromium import Browser, started

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_PREFIX = "PREFIX ag: <https://w3id.org/actiongraph/ontology#>\n"
_SENDERS = f"""# Which countries sent experts, and to how many actions?
{_PREFIX}SELECT ?country (COUNT(DISTINCT ?action) AS ?actions)
WHERE {{ ?action ag:expertsFrom ?country }}
GROUP BY ?country
ORDER BY DESC(?actions) ?country"""
_WRONG = f"{_PREFIX}SELECT ?action {{ ?action ag:contry ?country }}"
_ROW = '{"country":{"type":"uri","value":"https://w3id.org/actiongraph/id/country/ESP"}}'
_WHY = (
    f"{_PREFIX}SELECT ?country {{ <https://w3id.org/actiongraph/id/action/consolidation-of-strategy-bogota> "
    "ag:expertsFrom ?country }"
)
_SHIPPED = {
    "Home": "",
    "Search": "search.html?q=vendrs+bogota",
    "Actions": "actions.html",
    "An action": "doc/action/consolidation-of-strategy-bogota",
    "A country": "doc/country/ESP",
    "A partner": "doc/org/col-ipes",
    "A team": "doc/team/bogota-2",
    "A source": "doc/source/social-security-policy",
    "A statement": "doc/statement/ghana-follow-up",
    "Chains": "chains.html",
    "A chain": "chain/start-up-oniess-mexico.html",
    "Workbench": "sparql",
    "A result, as bars": f"sparql?{urlencode({'query': _SENDERS, 'view': 'bars'})}",
    "An empty result": f"sparql?{urlencode({'query': _WRONG})}",
    "Why a row is there": f"sparql/why?{urlencode({'query': _WHY, 'row': _ROW, 'format': 'html'})}",
    "Schema": "schema.html",
    "Data": "data.html",
    "The ledger": "ledger.html",
    "The ledger of a source": "ledger/social-security-policy.html",
    "An error": "doc/country/Gana",
}
_GENERATED = {
    "Home of 2,000 actions": "",
    "Actions of one country": "actions.html?country=COL",
    "Chains of 2,000 actions": "chains.html?sort=-actions",
}
_SECOND = {"Another programme": "", "Its actions": "actions.html", "Its chains": "chains.html"}
_HEIGHT = 900
_THUMBNAIL = 0.16
_STYLE = """
body { margin: 12px; font: 12px sans-serif; background: #fff; color: #222; width: 1250px; }
main { display: grid; grid-template-columns: repeat(2, 1fr); gap: 12px 24px; }
figure { margin: 0; } figcaption { margin-bottom: 3px; } img { border: 1px solid #ccc; margin-right: 4px; }
"""


def shot(browser: Browser, address: str, width: int, *, dark: bool, height: int = _HEIGHT) -> bytes:
    """Return the first part of a page, as PNG."""
    with browser.page(address, width=width, dark=dark) as page:
        page.wait("document.title")
        if page.evaluate("Boolean(document.querySelector('script[type=module]'))"):
            page.wait("document.documentElement.dataset.editor !== undefined")
        return base64.b64decode(page.screenshot(first=(width, height)))


def figure(browser: Browser, name: str, address: str) -> str:
    """Return a page at both widths and in both themes, as a part of the sheet."""
    images = ""
    for width in (1280, 390):
        for dark in (False, True):
            data = base64.b64encode(shot(browser, address, width, dark=dark)).decode()
            images += f'<img width="{round(width * _THUMBNAIL)}" src="data:image/png;base64,{data}">'
    return f"<figure><figcaption>{html.escape(name)}</figcaption>{images}</figure>"


def main() -> None:
    """Make all of them."""
    if len(sys.argv) != 4:
        sys.exit((__doc__ or "").strip())
    sites = [address.rstrip("/") + "/" for address in sys.argv[1:]]
    FOLDER.mkdir(exist_ok=True)
    program = shutil.which("chromium") or sys.exit("Chromium is not installed.")
    with tempfile.TemporaryDirectory() as folder, started(program, Path(folder) / "browser") as browser:
        workbench = f"sparql?{urlencode({'query': _SENDERS, 'view': 'bars'})}"
        (FOLDER / "workbench.png").write_bytes(shot(browser, sites[0] + workbench, 1100, dark=False))
        chain = sites[0] + "chain/start-up-oniess-mexico.html"
        (FOLDER / "chain.png").write_bytes(shot(browser, chain, 1100, dark=False))
        figures = [
            figure(browser, name, site + path)
            for site, pages in zip(sites, (_SHIPPED, _GENERATED, _SECOND), strict=True)
            for name, path in pages.items()
        ]
        sheet = Path(folder) / "sheet.html"
        sheet.write_text(f"<!doctype html><style>{_STYLE}</style><main>{''.join(figures)}</main>", "utf-8")
        with browser.page(sheet.as_uri(), width=1274) as page:
            height = page.evaluate("document.documentElement.scrollHeight")
            (FOLDER / "pages.png").write_bytes(base64.b64decode(page.screenshot(first=(1274, height))))


if __name__ == "__main__":
    main()
