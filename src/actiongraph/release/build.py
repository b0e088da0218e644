"""Building a release from files: read, derive, validate, write it under another name, switch to it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyoxigraph as ox
from rdflib import RDF

from actiongraph import __version__
from actiongraph.catalogue.dcat import catalogue
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.catalogue.query_examples import query_examples
from actiongraph.catalogue.statistics import Statistics, count
from actiongraph.engine.files import read_file
from actiongraph.engine.nquads import as_single_lines, batches, in_graph, read_quads
from actiongraph.engine.oxigraph import OxigraphEngine, load
from actiongraph.errors import InvalidData, LostData, SettingsError, StoreError
from actiongraph.examples import check_own_examples, load_examples
from actiongraph.index.chain_index import CHAINS, write_chains
from actiongraph.index.list_index import LISTS
from actiongraph.index.list_index_writer import write_lists
from actiongraph.index.page_documents import PAGES
from actiongraph.index.resource_history import HISTORY
from actiongraph.index.resource_history_writer import PreviousHistory, write_history
from actiongraph.index.search_index import SEARCH
from actiongraph.index.search_index_writer import write_search
from actiongraph.index.source_lines import SOURCE_LINES, write_source_lines
from actiongraph.index.term_index import TERMS, Meeting
from actiongraph.index.term_index_writer import write_terms
from actiongraph.publication import DUMP, ReleaseRecord
from actiongraph.release.code_lists import own_concepts, without_unused_codes
from actiongraph.release.derive import derive
from actiongraph.release.dumps import write_changes, write_dumps
from actiongraph.release.entail import entailed
from actiongraph.release.evidence import expand
from actiongraph.release.inputs import (
    RESERVED,
    Inputs,
    each_once,
    find_inputs,
    graph_name,
    inputs_of_files,
    left_out,
    read_vocabulary,
    rebased_quads,
)
from actiongraph.release.lines import Lines
from actiongraph.release.page_data import write_page_data
from actiongraph.release.previous import damage_of, last_record, last_usable, with_last_metadata
from actiongraph.release.reading import read_facts
from actiongraph.release.store import ReleaseStore, write_json
from actiongraph.settings import Settings
from actiongraph.sorted_lines import LineSorter, Lists, Progress, SortedLines, merged, silent
from actiongraph.validate import core
from actiongraph.validate import report as reports
from actiongraph.validate.consequences import with_suggestions, without_consequences
from actiongraph.validate.curated import Curated, Vocabulary, text_of
from actiongraph.validate.doubles import find_doubles
from actiongraph.validate.locations import locate
from actiongraph.validate.report import Report, Severity
from actiongraph.validate.selection import select
from actiongraph.validate.shapes import read_shapes
from actiongraph.validate.source_texts import compare_lines, read_texts
from actiongraph.validate.unknown_terms import COVERED, check_terms
from actiongraph.vocabulary import AGSH, CANONICAL_BASE

_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a build: the newest release, whether it is new, and the report on its data.

    `report` is None when the inputs have not changed since the last build, so that nothing was read. `vanished` lists
    the things, as `kind/key`, that the previous release had and that are neither in this one nor withdrawn. `remarks`
    say what failed that the release does not depend on, such as removing an old one; the next build tries again.
    """

    record: ReleaseRecord
    is_new: bool
    report: Report | None
    vanished: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def build(
    settings: Settings,
    releases: ReleaseStore,
    *,
    unless_unchanged: bool = False,
    allow_removals: bool = False,
    texts: Sequence[Path] = (),
    progress: Progress = silent,
) -> Outcome:
    """Return the newest release of the data in `releases`, published now unless there is one that says the same.

    With `unless_unchanged`, the data is not even read when the inputs have the fingerprint of the last build. A second
    build at the same time waits for the first. If the newest release is damaged, it is replaced. Unless removals are
    allowed, things are not lost because a file has gone that the newest release was made from. `texts` are files
    with the texts of sources, which passages are held against. `progress` is told how far it is.

    Raises:
        DataError: a file cannot be read, has a blank node, or repeats a triple of another; or an example of the
            programme is no query.
        InvalidData: a rule of severity Violation is broken; `report` on the error lists the results.
        LostData: a file has gone, and things with it.
        SettingsError: the store holds releases under another base.
        StoreError: the store cannot be written; what was published before is untouched.
    """
    inputs = find_inputs(settings.data, texts)
    check_own_examples(settings)
    with releases.locked():
        last = last_record(releases)
        if last is not None and last.base != settings.base:
            raise SettingsError(
                f"The store {releases.folder} uses the base {last.base}; give --base {last.base}, or another --store."
            )
        settings = with_last_metadata(settings, releases)
        fingerprint = inputs.fingerprint(settings)
        newest = releases.newest()
        is_whole = newest is not None and damage_of(releases, newest) is None
        if unless_unchanged and newest is not None and is_whole and releases.checked() == fingerprint:
            return Outcome(releases.record(newest), is_new=False, report=None, remarks=_prune(releases, settings))
        with releases.workspace() as workspace:
            facts = read_facts(inputs, settings, workspace, progress)
            progress("loading the store")
            workspace.mkdir(exist_ok=True)  # what did not fit into memory may be there
            store = workspace / "store"
            load(ox.Store(str(store)), facts)
            report = examine(facts, inputs, settings, store=store, progress=progress)
            if not report.publishable:
                state = f"release {newest} stays published" if newest else "nothing is published"
                gone = _gone_files(last, {path.stem for path in inputs.data}) if last else ()
                since = f" Since the last release, {', '.join(gone)} has gone." if gone else ""
                raise InvalidData(
                    f"The data breaks rules ({report.summary()}), so {state}; fix what the report lists.{since}",
                    report=report,
                )
            progress("adding what the ontology entails")
            lines = _release_lines(facts, inputs, settings, workspace, store)
            del facts
            work = _Work(workspace, store, progress)
            outcome = _publish(lines, report, settings, releases, inputs.data, work, allow_removals=allow_removals)
        unchecked = _remark(lambda: releases.check(fingerprint, outcome.record.version))
        return replace(outcome, remarks=(*outcome.remarks, *unchecked))


def _release_lines(facts: SortedLines, inputs: Inputs, settings: Settings, workspace: Path, store: Path) -> Lines:
    """Return the lines of a release: `facts` and what the ontology entails of them, which comes into `store` too.

    The latter can break no rule that the facts themselves keep, so it is added after the rules.
    """
    added = LineSorter(workspace)
    for batch in batches(entailed(facts, settings)):
        added.add(batch)
    derived = LineSorter(workspace)

    def noted(lists: Lists) -> Lists:
        for some in lists:
            derived.add([line for line in some if line.endswith(end)])
            yield some

    end = _in_graph(settings, "derived")
    lines = Lines.of_sorted(
        noted(each_once(merged(facts.lists(), added.sorted().lists()), inputs, settings)), workspace
    )
    load(ox.Store(str(store)), derived.sorted())
    return lines


def _prune(releases: ReleaseStore, settings: Settings) -> tuple[str, ...]:
    return _remark(lambda: releases.prune(settings.keep_releases))


def _remark(act: Callable[[], object]) -> tuple[str, ...]:
    """Do something that no release depends on, and return remarks on its failure, if it failed."""
    try:
        act()
    except StoreError as error:
        return (f"The published release is unaffected; cleaning up failed, and the next build will try again: {error}",)
    return ()


def examine(
    facts: SortedLines,
    inputs: Inputs,
    settings: Settings,
    written: Mapping[Path, Sequence[ox.Quad]] | None = None,
    store: Path | None = None,
    progress: Progress = silent,
) -> Report:
    """Return the report on `facts`, N-Quads with derived facts among them.

    Each result has file and line where they are known. What follows from another result is left out. The template of
    the programme's numbers is validated with them, as data that a rule reads. `written` has the quads of each file of
    data, where its graph does not tell them; `store` is a store with the facts, if there is one.
    """
    programme, dataset = settings.programme, ox.NamedNode(Identifiers(settings.base).dataset)
    template = []
    if programme.number and programme.number_pattern:
        template = [
            ox.Quad(dataset, ox.NamedNode(AGSH.numberTemplate), ox.Literal(programme.number)),
            ox.Quad(dataset, ox.NamedNode(AGSH.numberPattern), ox.Literal(programme.number_pattern)),
        ]
    shapes = read_shapes(inputs.shapes)
    found = core.validate_lines(facts, shapes, template, store, COVERED, progress)
    progress("checking files")
    passages = compare_lines(facts, read_texts(inputs.texts))
    vocabulary = list(read_quads(facts.ending(_in_graph(settings, "vocabulary"))))
    terms = Vocabulary(vocabulary)
    files = {str(graph_name(settings, path.stem)).encode(): path for path in inputs.data}
    if written is None:
        mentioned = {str(node) for result in found.results for node in (result.focus, result.value)}
        curated = select(facts, files, terms, mentioned)
        described = _described(
            facts, *(_in_graph(settings, key) for key in (*(p.stem for p in inputs.data), "vocabulary"))
        )
    else:
        curated = Curated.of(written)
        described = _described(
            SortedLines.of(f"<{text_of(quad.subject)}> .\n".encode() for quad in chain(*written.values(), vocabulary))
        )
    results = [
        *(result for result in found.results if result.shape not in COVERED),
        *passages.results,
        *check_terms(curated, terms, graph_name(settings, "").value),
        *find_doubles(curated),
    ]
    told = with_suggestions(without_consequences(results, curated, shapes), described)
    report = Report.of(told, passages.compared, passages.not_compared, found.validator)
    return locate(report, (*inputs.data, *inputs.ledgers), settings.base)


def _described(lines: SortedLines, *ends: bytes) -> Callable[[str], Iterator[str]]:
    """Return a function that yields what lines with one of `ends` describe, if its name begins so in N-Quads."""

    def described(start: str) -> Iterator[str]:
        return (
            line[1 : line.index(b"> ")].decode() for line in lines.under(start.encode()) if line.endswith(ends or b"\n")
        )

    return described


def _in_graph(settings: Settings, key: str) -> bytes:
    """Return the end of N-Quads in the graph with `key`."""
    return f" {graph_name(settings, key)} .\n".encode()


def validate_files(settings: Settings, files: Sequence[Path], texts: Sequence[Path] = ()) -> Report:
    """Return the report of the shapes on `files`, or on the whole data folder if none are named.

    Files are validated together with the vocabulary and, unless it is one of them, `reference.ttl`, which has the
    things that they may refer to: that of the data folder, or, where none is set, the one beside the files. `texts` are
    files with the texts of sources; those beside that `reference.ttl` are read too. Derived facts are added first.
    Of things that `reference.ttl` alone describes, violations are told and nothing else: files that are not read may
    have what they lack.

    Raises:
        DataError: a file cannot be read.
        DataSyntaxError: a file is not what its suffix says.
    """
    if not files:
        with TemporaryDirectory() as folder:
            inputs = find_inputs(settings.data, texts)
            facts, store = read_facts(inputs, settings, Path(folder)), Path(folder) / "store"
            if facts.path is None:  # they fit into memory
                return examine(facts, inputs, settings)
            load(ox.Store(str(store)), facts)
            return examine(facts, inputs, settings, store=store)
    inputs = inputs_of_files(files, settings, texts)
    read = {path: list(read_file(path, base=CANONICAL_BASE)) for path in inputs.data}
    expanded = expand(read)
    own = own_concepts([quad for each in expanded.values() for quad in each])
    written = {path: list(rebased_quads(each, settings, own)) for path, each in expanded.items()}
    quads = [quad for each in written.values() for quad in each]
    quads += without_unused_codes(read_vocabulary(inputs, settings), quads)
    quads += derive(quads, settings)
    named = [quad for quad in quads if quad.graph_name != ox.DefaultGraph()]
    others = (quad for quad in quads if quad.graph_name == ox.DefaultGraph())
    facts = SortedLines.of(as_single_lines(chain(named, in_graph(others, graph_name(settings, "files")))))
    report = examine(facts, inputs, settings, written)
    return _about(files, report, written)


def _about(files: Sequence[Path], report: Report, written: Mapping[Path, Sequence[ox.Quad]]) -> Report:
    """Return `report` without warnings and notes on things that only other files describe."""
    shared, own = (
        {text_of(quad.subject) for path, quads in written.items() if (path in files) is is_own for quad in quads}
        for is_own in (False, True)
    )
    only_shared = shared - own
    return replace(
        report,
        results=tuple(
            result
            for result in report.results
            if result.severity is Severity.VIOLATION or str(result.focus) not in only_shared
        ),
    )


def publish(
    quads: Iterable[ox.Quad],
    report: Report,
    settings: Settings,
    releases: ReleaseStore,
    *,
    allow_removals: bool = True,
    files: Sequence[Path] = (),
) -> Outcome:
    """Return the release of `quads`, written to `releases` unless the newest says the same.

    `files` are those that the quads were read from; their lines are told.

    `report` must let them be published, and the caller holds the lock of `releases`. `quads` are read once.

    Raises:
        LostData: a graph of the newest release has gone, and things with it, and removals are not allowed.
        StoreError: the store cannot be written; what was published before is untouched.
    """
    with releases.workspace() as workspace:
        lines = Lines(quads, workspace)
        work = _Work(workspace)
        return _publish(lines, report, settings, releases, files, work, allow_removals=allow_removals)


@dataclass(frozen=True, slots=True)
class _Work:
    """The folder for what a build puts aside, the store that has all quads, if there is one, and who is told of it."""

    folder: Path
    store: Path | None = None
    progress: Progress = silent


def _publish(
    lines: Lines,
    report: Report,
    settings: Settings,
    releases: ReleaseStore,
    files: Sequence[Path],
    work: _Work,
    *,
    allow_removals: bool,
) -> Outcome:
    """Publish a release as `publish` does, and return its outcome."""
    workspace, progress = work.folder, work.progress
    content_sha256 = lines.sha256()
    turtle = reports.as_turtle(report).encode()
    report_sha256 = hashlib.sha256(turtle).hexdigest()
    newest = releases.newest()
    damage = damage_of(releases, newest) if newest else None
    before = last_usable(releases)
    # Another version of the program may write more into a release, so that it makes a new one of the same data.
    same = (content_sha256, report_sha256, __version__, settings.metadata(), _programme(settings))
    if before and not damage and _compared(before) == same:
        return Outcome(before, is_new=False, report=report, remarks=_prune(releases, settings))
    created = _later_than(newest)
    version = f"{created.strftime(_TIME)}-{content_sha256[:12]}"
    with releases.building(version) as folder:
        earlier = releases.path(before.version) if before else None
        progress("writing the dumps")
        dumps = write_dumps(folder / "dumps", lines, settings.base, settings.languages)
        added, removed, changes = write_changes(folder / "changes", lines, folder / "dumps" / DUMP, earlier)
        record = ReleaseRecord(
            version=version,
            created_at=created.isoformat(),
            base=settings.base,
            program=__version__,
            content_sha256=content_sha256,
            report_sha256=report_sha256,
            graphs=lines.graphs(),
            findings={severity.value: count for severity, count in report.counts().items()},
            dumps=dumps.sha256,
            previous=before.version if before else None,
            added=added,
            removed=removed,
            sizes=dumps.sizes,
            changes=changes.sha256,
            change_sizes=changes.sizes,
            told=settings.metadata(),
            programme=_programme(settings),
        )
        progress("counting for the catalogue")
        statistics = count(lines.sorted.whole_texts(), settings, workspace)
        described = _catalogue(lines, statistics, record, releases, settings)
        record = replace(record, graphs=dict(sorted({**record.graphs, **described.graphs()}.items())))
        progress("writing the store, the lists and the chains")
        positions = _write_store(folder, lines, described, settings, work.store)
        progress("writing the search index")
        write_search(folder / SEARCH, lines, positions, settings)
        write_source_lines(folder / SOURCE_LINES, files, settings)
        progress("writing the term index")
        meetings = _meetings(statistics, described)
        write_terms(folder / TERMS, chain(lines.sorted.texts(), described.sorted.texts()), meetings)
        progress("writing the history of things")
        history = releases.history(before.version) if before else None
        known = PreviousHistory(history, releases.published_at()) if history else None
        vanished = write_history(
            folder / HISTORY, lines, settings.base, version, record.created_at, settings.languages, known
        )
        if before and vanished and not allow_removals:
            _check_files(before, record, vanished, settings)
        (folder / "report.ttl").write_bytes(turtle)
        (folder / "report.json").write_text(reports.as_json(report), "utf-8")
        write_json(folder / "release.json", record)
    remarks: tuple[str, ...] = ()
    if newest and damage:
        replaced = f"The release {newest} was damaged ({damage}), so it is replaced."
        remarks = (replaced, *_remark(lambda: releases.take_away(newest)))
    remarks += _prune(releases, settings)
    return Outcome(record, is_new=True, report=report, vanished=vanished, remarks=remarks)


def _gone_files(before: ReleaseRecord, keys: Collection[str]) -> tuple[str, ...]:
    """Return the files that the release `before` was made from and that are not among those of the graphs `keys`."""
    start = f"{before.base}graph/"
    made_from = {name.removeprefix(start) for name in before.graphs if name.startswith(start)} - RESERVED
    return tuple(f"{key}.ttl" for key in sorted(made_from - set(keys)))


def _check_files(before: ReleaseRecord, record: ReleaseRecord, vanished: Sequence[str], settings: Settings) -> None:
    """Check that each file which the release `before` was made from is still there, as things have vanished.

    Raises:
        LostData: one is not.
    """
    if gone := _gone_files(before, {name.removeprefix(f"{record.base}graph/") for name in record.graphs}):
        stems = {Path(name).stem for name in gone}
        unread = [name for name in left_out(settings.data) if Path(name).stem in stems] if settings.data else []
        raise LostData(gone, tuple(vanished), tuple(unread), before.version)


def _programme(settings: Settings) -> Mapping[str, Any]:
    """Return the record of the programme; empty for the shipped one, whose file travels with the program."""
    return {} if settings.is_ours else settings.programme.record()


def _compared(record: ReleaseRecord) -> tuple[object, ...]:
    return record.content_sha256, record.report_sha256, record.program, record.told, record.programme


def _meetings(statistics: Statistics, described: Lines) -> Mapping[Meeting, int]:
    """Return the meetings of properties and classes in the data, but for those that the catalogue has a part in.

    Such a property is left out, and such a class is taken for none: what they meet there is not counted.
    """
    predicates = {quad.predicate.value for quad in described.quads()}
    typed = (quad.object for quad in described.quads() if quad.predicate.value == str(RDF.type))
    classes = {object_.value for object_ in typed if isinstance(object_, ox.NamedNode)}
    found: Counter[Meeting] = Counter()
    for (predicate, *ends), triples in statistics.meetings.items():
        if predicate not in predicates:
            subject, object_ = ("" if end in classes else end for end in ends)
            found[predicate, subject, object_] += triples
    return found


def _catalogue(
    lines: Lines, statistics: Statistics, record: ReleaseRecord, releases: ReleaseStore, settings: Settings
) -> Lines:
    """Return the catalogue of the release that `record` describes, whose dataset is `lines`, and the example queries.

    Each is in its own graph. They leave out triples that the data has already, because each triple is in one graph
    only.
    """
    first_issued = _first_issued(record, releases, settings)
    if record.previous and releases.record(record.previous).base != settings.base:
        record = replace(record, previous=None)  # a release under another base names no thing that this one has
    names = Identifiers(settings.base)
    graphs = {
        names.catalog_graph: catalogue(settings, record, statistics, first_issued),
        names.examples_graph: query_examples(settings, load_examples(settings.base, settings.programme)),
    }
    return Lines(
        ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))
        for name, graph in graphs.items()
        for quad in ox.parse(graph.serialize(format="nt", encoding="utf-8"), format=ox.RdfFormat.N_TRIPLES)
        if not lines.has(quad.triple)
    )


def _first_issued(record: ReleaseRecord, releases: ReleaseStore, settings: Settings) -> str | None:
    """Return when the first release was made, or None if its record is lost or it had another base."""
    if record.previous is None:
        return record.created_at
    try:
        oldest = releases.record([*releases.past_versions(), *releases.versions()][0])
    except StoreError:
        return None
    return oldest.created_at if oldest.previous is None and oldest.base == settings.base else None


def _later_than(newest: str | None) -> datetime:
    """Return now, or a second after the newest release if the clock has not moved on: versions sort by time."""
    now = datetime.now(UTC).replace(microsecond=0)
    if newest is None:
        return now
    made = datetime.strptime(newest.partition("-")[0], _TIME).replace(tzinfo=UTC)
    return max(now, made + timedelta(seconds=1))


def _write_store(
    folder: Path, lines: Lines, described: Lines, settings: Settings, loaded: Path | None
) -> dict[str, tuple[int, int]]:
    """Write the store of a release and, from what is in it, its lists, pages and chains; see `write_chains`.

    `loaded` is a store that has `lines` already; it becomes that of the release.
    """
    path = folder / "store"
    if loaded:
        loaded.rename(path)
    store = ox.Store(str(path))
    load(store, *(() if loaded else (lines.sorted,)), described.sorted)
    store.optimize()
    store.flush()
    write_lists(folder / LISTS, store, settings)
    engine = OxigraphEngine(store, union_default=True)
    del store
    try:
        write_page_data(folder / PAGES, engine, settings)
        return write_chains(folder / CHAINS, engine, settings)
    finally:
        engine.close()
