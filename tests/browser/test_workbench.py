"""The workbench in a real browser: written, completed, mended, run, stopped, kept and shared, by mouse and by keys."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from actiongraph.web.workbench import find_editor

pytestmark = pytest.mark.long("browser")

AG = "https://w3id.org/actiongraph/ontology#"
PREFIX = f"PREFIX ag: <{AG}>\n"
COLOMBIA = "https://w3id.org/actiongraph/id/country/COL"
RUN_AXE = "axe.run().then(told => told.violations.map(found => [found.id, found.nodes.map(node => node.html)]))"
INSIDE = "document.querySelector('.editor').shadowRoot"
QUERY = "document.querySelector('#query').value"
OPTIONS = f"[...{INSIDE}.querySelectorAll('.cm-tooltip-autocomplete li')].map(option => option.innerText)"
ROWS = "document.querySelectorAll('.results tbody tr').length"
FINDINGS = "document.querySelector('.findings').innerText"
SAID = "document.querySelector('form [role=status]').textContent"
FOCUS = "(document.activeElement.shadowRoot?.activeElement ?? document.activeElement)"
SLOW = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c < ?l) }"
"""A query that takes longer than any deadline: it joins everything with everything, three times over."""


@pytest.fixture(autouse=True)
def _editor(missing) -> None:
    if find_editor() is None:
        missing("the query editor", "python editor/bundle.py makes it, with Node.js and npm")


@pytest.fixture
def opened(browser, sites):
    """Gives a function that opens a page of the release; at its end nothing was blocked, and nobody else was asked."""

    @contextmanager
    def open_page(path: str = "sparql", **how: object) -> Iterator:
        with browser.page(sites["release"] + path, watched=True, **how) as page:
            page.wait("document.documentElement.dataset.editor")
            yield page
            assert page.noted("Runtime.exceptionThrown") == []
            assert [
                note["entry"] for note in page.noted("Log.entryAdded") if note["entry"]["source"] == "security"
            ] == []
            asked = [sent["request"]["url"] for sent in page.noted("Network.requestWillBeSent")]
            assert asked
            assert {urlsplit(url).netloc for url in asked} == {urlsplit(sites["release"]).netloc}
            page.evaluate("localStorage.clear()")

    return open_page


def write(page, text: str) -> None:
    """Type `text` in place of what the editor has."""
    page.evaluate(f"{INSIDE}.querySelector('.cm-content').focus()")
    page.press("a", ctrl=True)
    first, *others = text.split("\n")
    page.type(first)
    for line in others:
        page.press("Enter")
        page.type(line)


def run(page) -> None:
    page.press("Enter", ctrl=True)
    page.wait("!document.querySelector('.outcome.stale')")


class TestCompletion:
    def test_a_property_of_the_class_at_hand_comes_first_with_label_and_count(self, opened, release) -> None:
        query = f"SELECT (COUNT(*) AS ?n) WHERE {{ ?a a <{AG}DescribedAction> ; <{AG}theme> ?t }}"
        [themes] = release.engine.select(_checked(query, release))
        with opened() as page:
            write(page, "SELECT ?a WHERE { ?a a ag:DescribedAction ; ag:the")
            page.wait(f"{OPTIONS}.length")
            first = page.evaluate(OPTIONS)[0].split("\n")
            assert first == ["ag:theme", f"theme · {themes['n']}\N{MULTIPLICATION SIGN}"]
            sections = f"[...{INSIDE}.querySelectorAll('completion-section')].map(one => one.textContent)"
            assert page.evaluate(sections)[0] == "Properties of described action"

    def test_it_adds_the_prefix_and_the_query_runs(self, opened, release) -> None:
        query = f"SELECT ?a WHERE {{ ?a <{AG}country> <{COLOMBIA}> }}"
        rows = len(release.engine.select(_checked(query, release)))
        with opened() as page:
            write(page, "SELECT ?a WHERE { ?a ag:countr")
            page.wait(f"{OPTIONS}.some(one => one.startsWith('ag:country\\n'))")
            assert page.evaluate(OPTIONS)[0].startswith("ag:country\n")
            time.sleep(0.1)  # what has just come is not accepted by a key that was meant for the text
            page.press("Enter")
            page.wait(f"{QUERY}.startsWith('PREFIX')")
            assert page.evaluate(QUERY) == f"{PREFIX}SELECT ?a WHERE {{ ?a ag:country"
            page.type(" <Colom")
            page.wait(f"{OPTIONS}.length && {OPTIONS}[0].startsWith('Colombia\\ncountry · ')")
            time.sleep(0.1)
            page.press("Enter")
            page.wait(f"{QUERY}.includes('id/')")
            page.type(" }")
            assert page.evaluate(QUERY) == f"{PREFIX}SELECT ?a WHERE {{ ?a ag:country <{COLOMBIA}> }}"
            run(page)
            assert page.evaluate(ROWS) == rows

    def test_what_a_path_leads_to_has_its_own_properties(self, opened) -> None:
        with opened() as page:
            write(page, f"{PREFIX}SELECT ?c {{ ?a ag:expertTeam/ag:sen")
            page.wait(f"{OPTIONS}.length")
            assert page.evaluate(OPTIONS)[0].startswith("ag:sendingCountry\n")

    def test_variables_of_the_query(self, opened) -> None:
        with opened() as page:
            write(page, "SELECT ?country WHERE { ?action ?of ?c")
            page.wait(f"{OPTIONS}.length")
            assert page.evaluate(OPTIONS) == ["?country"]


def _checked(query: str, release):
    from actiongraph.sparql.guard import check_query

    return check_query(query, release.settings)


class TestFaults:
    """What the check says while one writes, and its changes, made in the editor by one click."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("SELCT ?a { ?a ?b ?c }", "SELECT ?a { ?a ?b ?c }"),
            ("SELECT ?a { ?a ag:country ?c }", f"{PREFIX}SELECT ?a {{ ?a ag:country ?c }}"),
            (f"{PREFIX}SELECT ?a {{ ?a ag:contry ?c }}", f"{PREFIX}SELECT ?a {{ ?a ag:country ?c }}"),
            (f"# 🌍🌍\n{PREFIX}ASK {{ ?a ag:contry ?c }}", f"# 🌍🌍\n{PREFIX}ASK {{ ?a ag:country ?c }}"),
            (f"ASK {{ ?a ?b <{COLOMBIA}L> }}", f"ASK {{ ?a ?b <{COLOMBIA}> }}"),
        ],
        ids=["typo", "missing prefix", "wrong property", "beyond the first plane", "wrong IRI"],
    )
    def test_one_click_mends_it(self, opened, before: str, after: str) -> None:
        with opened() as page:
            write(page, before)
            page.press("Escape")
            page.wait("document.querySelector('.findings .cure')")
            assert page.evaluate(f"{INSIDE}.querySelectorAll('.cm-lintRange').length") == 1
            page.evaluate("document.querySelector('.findings .cure').click()")
            assert page.evaluate(QUERY) == after
            page.wait(f"{FINDINGS} == ''")

    def test_each_fault_is_listed_with_its_place(self, opened) -> None:
        with opened() as page:
            write(page, f"{PREFIX}ASK {{ ?a ag:contry ?c ; ag:partnr ?p }}")
            page.wait("document.querySelectorAll('.findings li').length == 2")
            listed = page.evaluate("[...document.querySelectorAll('.findings li')].map(one => one.innerText)")
            assert all(each.startswith("Line 2") for each in listed)
            assert "ag:contry" in listed[0]
            assert "ag:partnr" in listed[1]

    def test_what_was_opened_is_not_checked_again(self, opened) -> None:
        with opened(f"sparql?query={quote(f'{PREFIX}ASK {{ ?a ag:contry ?c }}')}") as page:
            time.sleep(1.2)  # the editor asks after six tenths of a second
            asked = [sent["request"]["url"] for sent in page.noted("Network.requestWillBeSent")]
            assert not any("/check" in url for url in asked)


class TestRunning:
    def test_a_result_comes_below_with_address_and_title(self, opened) -> None:
        with opened() as page:
            write(page, "# Three of anything\nSELECT ?s ?n { ?s a ?n } LIMIT 3")
            run(page)
            page.wait(f"{ROWS} == 3")
            assert page.evaluate("document.querySelector('h1').textContent") == "Three of anything"
            assert page.evaluate("document.title").startswith("Three of anything")
            [query] = parse_qs(urlsplit(page.evaluate("location.href")).query)["query"]
            assert query == "# Three of anything\nSELECT ?s ?n { ?s a ?n } LIMIT 3"
            assert page.evaluate(SAID).startswith("3 rows")

    def test_back_leads_to_the_query_before(self, opened) -> None:
        with opened() as page:
            for number in (2, 3):
                write(page, f"SELECT ?s {{ ?s a ?n }} LIMIT {number}")
                run(page)
                page.wait(f"{ROWS} == {number}")
            page.evaluate("history.back()")
            page.wait(f"{ROWS} == 2")
            assert page.evaluate(QUERY).endswith("LIMIT 2")

    def test_sorting_and_pages_leave_the_editor_as_it_is(self, opened) -> None:
        with opened(f"sparql?query={quote('SELECT ?s ?p { ?s ?p ?o } LIMIT 150')}") as page:
            page.click("Next", leads=False)
            page.wait(f"{ROWS} == 50")
            page.click("s", leads=False)
            page.wait("document.querySelector('th[aria-sort=ascending]')")
            assert page.evaluate(ROWS) == 100
            assert page.evaluate("document.querySelectorAll('.editor').length") == 1

    def test_a_row_leads_to_why_it_is_there(self, opened) -> None:
        with opened() as page:
            write(page, f"{PREFIX}SELECT ?a {{ ?a ag:country <{COLOMBIA}> }}")
            run(page)
            page.wait(ROWS)
            page.click("Why?")
            assert page.evaluate("document.querySelector('h1').textContent") == "Why this row is here"
            assert "\N{EN DASH} Colombia" in page.evaluate("document.querySelector('.because li').innerText")
            page.evaluate("history.back()")
            page.wait("document.documentElement.dataset.editor")

    def test_an_example_of_the_tree(self, opened) -> None:
        with opened() as page:
            page.evaluate("[...document.querySelectorAll('.tree details')].forEach(one => one.open = true)")
            page.click("How many actions has each country received?", leads=False)
            page.wait(ROWS)
            assert page.evaluate(QUERY).startswith("# How many actions has each country received?")

    def test_a_fault_stays_on_the_page_and_is_mended_by_one_click(self, opened) -> None:
        with opened() as page:
            write(page, f"{PREFIX}SELECT ?a {{ ?a ag:contry ?c }}")
            run(page)
            page.wait("document.querySelector('.outcome h2.fault')")
            assert "contry" in page.evaluate("document.querySelector('.outcome h2.fault').textContent")
            assert page.evaluate("document.querySelectorAll('h1').length") == 1
            page.click("Change and run", leads=False)
            page.wait(ROWS)
            assert "ag:country" in page.evaluate(QUERY)

    def test_a_file_is_saved_by_the_form_itself(self, opened) -> None:
        with opened() as page:
            page.evaluate("document.querySelector('#format').value = 'csv'")
            intercepted = "new Promise(done => { addEventListener('submit', e => done(e.defaultPrevented)); "
            intercepted += "addEventListener('submit', e => e.preventDefault()); "
            intercepted += "document.querySelector('form[data-check]').requestSubmit() })"
            assert page.evaluate(intercepted) is False

    def test_bars_and_chains_have_addresses(self, opened) -> None:
        counts = f"SELECT ?c (COUNT(*) AS ?n) {{ ?a <{AG}country> ?c }} GROUP BY ?c"
        with opened(f"sparql?query={quote(counts)}") as page:
            page.click("Bars", leads=False)
            page.wait("document.querySelector('.results meter')")
            assert "view=bars" in page.evaluate("location.search")
        followed = f"SELECT ?a {{ ?a <{AG}followUpOf> ?b }}"
        with opened(f"sparql?query={quote(followed)}") as page:
            page.evaluate("[...document.querySelectorAll('.tabs a')].find(tab => tab.textContent == 'Chain').click()")
            page.wait("document.querySelector('.found-chain .found')")

    def test_a_long_query_is_run_by_post(self, opened) -> None:
        with opened() as page:
            page.evaluate(f"{INSIDE}.querySelector('.cm-content').focus()")
            page.press("a", ctrl=True)
            page.paste("# " + "x" * 4_500 + "\nSELECT ?s { ?s ?p ?o } LIMIT 150")
            before = page.evaluate("location.href")
            run(page)
            page.wait(f"{ROWS} == 100")
            page.click("Next", leads=False)
            page.wait(f"{ROWS} == 50")
            assert page.evaluate("location.href") == before
            page.click("Share", leads=False)
            page.wait(f"{SAID}.startsWith('This query is too long')")

    def test_hidden_characters_are_shown(self, opened) -> None:
        with opened() as page:
            page.evaluate(f"{INSIDE}.querySelector('.cm-content').focus()")
            page.press("a", ctrl=True)
            page.paste(f"# abc\u202egnp.exe\n{PREFIX}ASK {{ ?a ag:contry 1 }}")
            run(page)
            page.wait("document.querySelector('.outcome h2.fault')")
            text = "document.querySelector('.past').textContent + document.querySelector('main').innerText"
            assert "\u202e" not in page.evaluate(text)
            assert page.evaluate("document.querySelector('.past bdi').textContent") == "abc[U+202E]gnp.exe"
            assert page.evaluate(f"{INSIDE}.querySelector('.cm-specialChar') !== null")

    def test_a_link_within_the_page_runs_nothing(self, opened) -> None:
        with opened() as page:
            page.evaluate("document.querySelector('.skip').click()")
            page.wait("location.hash == '#main'")
            asked = [sent["request"]["url"] for sent in page.noted("Network.requestWillBeSent")]
            assert len([url for url in asked if url.endswith("/sparql")]) == 1


class TestKept:
    def test_history_is_listed_chosen_and_cleared(self, opened) -> None:
        with opened() as page:
            write(page, "# Ask one\nASK { ?s ?p 1 }")
            run(page)
            write(page, "ASK { ?s ?p 2 }")
            run(page)
            page.click("History", leads=False)
            listed = "[...document.querySelectorAll('.past li')].map(one => one.innerText)"
            assert page.evaluate(listed) == ["ASK { ?s ?p 2 }", "Ask one"]
            page.click("Ask one", leads=False)
            assert page.evaluate(QUERY) == "# Ask one\nASK { ?s ?p 1 }"
            page.click("Clear", leads=False)
            assert page.evaluate(listed) == []
            assert page.evaluate("localStorage.length") == 0

    def test_share_puts_the_query_into_the_address(self, opened) -> None:
        with opened() as page:
            write(page, "ASK { ?s ?p 7 }")
            page.click("Share", leads=False)
            page.wait(f"{SAID}.startsWith('The address of this')")
            assert parse_qs(urlsplit(page.evaluate("location.href")).query)["query"] == ["ASK { ?s ?p 7 }"]


class TestKeyboard:
    def test_tab_leads_to_the_editor(self, opened) -> None:
        with opened() as page:
            for _ in range(15):
                page.press("Tab")
                if page.evaluate(f"{FOCUS}.classList.contains('cm-content')"):
                    break
            page.press("a", ctrl=True)
            page.type("ASK {}")
            page.press("Enter", ctrl=True)
            page.wait("document.querySelector('.boolean')")

    def test_tab_leaves_the_editor_and_comes_to_run(self, opened) -> None:
        with opened() as page:
            write(page, "ASK {}")
            page.press("Escape")
            before = page.evaluate(QUERY)
            page.press("Tab")
            assert page.evaluate(f"{FOCUS}.textContent") == "Run"
            assert page.evaluate(QUERY) == before
            page.press("Enter")
            page.wait("document.querySelector('.boolean')")

    def test_the_editor_is_announced(self, opened) -> None:
        with opened() as page:
            inside = f"{INSIDE}.querySelector('.cm-content')"
            assert page.evaluate(f"{inside}.getAttribute('aria-label')") == "Query, in SPARQL 1.1"
            assert page.evaluate(f"{inside}.getAttribute('role')") == "textbox"
            page.evaluate("document.querySelector('label[for=query]').click()")
            assert page.evaluate(f"{FOCUS} === {inside}")


class TestLook:
    RESULT = f"sparql?query={quote('SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 30')}"
    FAULT = f"sparql?query={quote('SELCT')}"
    CHECK = f"sparql/check?format=html&query={quote('ASK { ?s <http://nowhere/> ?o }')}"

    @pytest.mark.parametrize("dark", [False, True])
    @pytest.mark.parametrize("width", [1_280, 390])
    @pytest.mark.parametrize("path", ["sparql", RESULT, FAULT, CHECK])
    def test_axe_finds_nothing_and_nothing_is_too_wide(self, opened, node_modules, path, width, dark) -> None:
        axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
        with opened(path, width=width, dark=dark) as page:
            page.wait("document.querySelector('.tree')")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            page.evaluate(f"{axe}; 0")
            assert page.evaluate(RUN_AXE) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    @pytest.mark.parametrize("width", [1_280, 390])
    def test_suggestions_fit_and_can_be_read(self, opened, node_modules, width) -> None:
        axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
        for dark in (False, True):
            with opened(width=width, dark=dark) as page:
                write(page, "SELECT ?a WHERE { ?a a ag:DescribedAction ; ag:")
                page.wait(f"{OPTIONS}.length")
                page.evaluate(f"{axe}; 0")
                assert page.evaluate(RUN_AXE) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_dark_is_dark(self, opened) -> None:
        with opened(dark=True) as page:
            colour = page.evaluate(f"getComputedStyle({INSIDE}.querySelector('.cm-editor')).backgroundColor")
            assert colour == "rgb(29, 35, 38)"


def test_files_have_the_editor_without_a_tree(browser, sites) -> None:
    with browser.page(f"{sites['files']}sparql", width=1_280) as page:
        page.wait("document.documentElement.dataset.editor")
        assert page.evaluate("document.querySelector('.tree')") is None
        write(page, "SELECT ?a { ?a ?b ?c } LIMIT 2")
        run(page)
        page.wait(f"{ROWS} == 2")
        assert page.evaluate("document.querySelector('.editor').offsetWidth") > 1_000


def test_without_script_it_is_the_form(browser, sites) -> None:
    with browser.page(f"{sites['release']}sparql", script=False) as page:
        assert page.evaluate("document.querySelector('.editor')") is None
        assert page.evaluate("document.querySelector('#query').getClientRects().length") == 1
        shown = "[...document.querySelectorAll('form[data-check] :is(button, details, p)')]"
        shown += ".filter(part => part.checkVisibility()).map(part => part.textContent)"
        assert page.evaluate(shown) == ["Run", "Run it by POST"]
        page.evaluate("document.querySelectorAll('.tree details').forEach(one => one.open = true)")
        page.click("How many actions has each country received?")
        assert page.evaluate(ROWS) > 10


@pytest.fixture
def server(release, tmp_path: Path) -> Iterator[str]:
    """The address of `actiongraph serve`, which looks whether a client is still there, as our test servers do not."""
    command = [sys.executable, "-m", "actiongraph", "serve", "--port", "0", "--store", str(release.releases.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout
        yield process.stdout.readline().split()[-1]
        process.terminate()


@pytest.fixture
def nginx(missing, tmp_path: Path) -> Iterator:
    """Gives a function that puts nginx before a server, as it comes."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("nginx", "install it, on Debian with: apt-get install nginx-light")
    running: list[subprocess.Popen[bytes]] = []

    def before(url: str) -> str:
        port = _free_port()
        folders = "".join(
            f"{name}_temp_path {tmp_path}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{ }} "
            f"http {{ access_log off; {folders} "
            f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {url}; }} }} }}"
        )
        running.append(subprocess.Popen([program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]))
        return f"http://127.0.0.1:{port}/"

    yield before
    for process in running:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _running(server: str) -> int:
    """How many queries a server runs now, by its own figures."""
    with urllib.request.urlopen(f"{server}metrics") as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line.split()[-1] for line in lines if line.startswith("actiongraph_queries_running"))))


@pytest.mark.parametrize("behind", ["bare", "nginx"])
def test_stop_ends_the_query_on_the_server(browser, server, nginx, behind: str) -> None:
    url = nginx(server) if behind == "nginx" else server
    with browser.page(f"{url}sparql") as page:
        page.wait("document.documentElement.dataset.editor")
        write(page, SLOW)
        page.press("Enter", ctrl=True)
        _until(lambda: _running(server) == 1)
        page.click("Stop", leads=False)
        page.wait(f"{SAID}.startsWith('Stopped after')")
        _until(lambda: _running(server) == 0)
        assert page.evaluate(f"{FOCUS}.textContent") == "Run"


def _until(condition, seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
