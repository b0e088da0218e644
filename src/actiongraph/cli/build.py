"""`actiongraph build` and `actiongraph validate`, and what they and others say of a release that was published."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from actiongraph.catalogue.contents import missing_metadata
from actiongraph.cli.options import GivenOptions, publication_options, release_options, releases_of, source_option
from actiongraph.cli.progress import BuildProgress
from actiongraph.errors import DataError, InvalidData, StoreError
from actiongraph.release.build import Outcome, validate_files
from actiongraph.release.build import build as build_release
from actiongraph.release.inputs import left_out
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, shipped
from actiongraph.text import counted
from actiongraph.validate import report as reports
from actiongraph.validate.report import Report
from actiongraph.vocabulary import CANONICAL_BASE, PREFIXES

_MOST_NAMED = 10
_MOST_FILES = 5


@click.command()
@click.option("--allow-removals", is_flag=True, help="Publish even if things are lost because a file has gone.")
@source_option
@publication_options
def build(sources: tuple[Path, ...], options: GivenOptions, allow_removals: bool) -> None:
    """Publish the data as a release: derive, validate, write, switch.

    The previous release stays in place until the new one is complete on disk. Data with a Violation is not
    published, and neither is a release that loses things because a file of the previous one has gone or is not read.
    """
    settings = options.settings()
    _say_what_is_left_out(settings)
    releases = releases_of(settings)
    outcome = build_with_report(settings, releases, allow_removals=allow_removals, sources=sources)
    click.echo(published_note(outcome))
    if outcome.report:
        click.echo(f"Validation: {outcome.report.summary()}.")
    for absent in missing_metadata(outcome.record.told):
        click.echo(f"The catalogue has no {absent.what.lower()}; set it with {absent.option}.")
    if outcome.vanished:
        click.echo(vanished_note(outcome.vanished, settings))
    click.echo(_place_note(releases.folder, options))


def build_with_report(
    settings: Settings,
    releases: ReleaseStore,
    *,
    unless_unchanged: bool = False,
    allow_removals: bool = False,
    sources: Sequence[Path] = (),
) -> Outcome:
    """Return the outcome of `release.build.build`; remarks go to standard error, and on a Violation the report.

    So does the progress, if it takes long.
    """
    progress = BuildProgress()
    try:
        outcome = build_release(
            settings,
            releases,
            unless_unchanged=unless_unchanged,
            allow_removals=allow_removals,
            texts=sources,
            progress=progress.tell,
        )
    except InvalidData as error:
        assert isinstance(error.report, Report)  # noqa: S101 - the only thing build puts there
        click.echo(reports.as_text(error.report, settings.base), err=True)
        raise
    finally:
        progress.close()
    for remark in outcome.remarks:
        click.echo(f"actiongraph: {remark}", err=True)
    return outcome


def newest_release(settings: Settings) -> tuple[ReleaseStore, Outcome | None]:
    """Return the store with the release to answer from, and what its build came to, if there was one.

    The release is built if the inputs have changed. If it cannot be, the release before is answered from,
    and standard error says why.

    Raises:
        ActiongraphError: it cannot be built, and nothing was published before.
    """
    releases = releases_of(settings)
    try:
        return releases, build_with_report(settings, releases, unless_unchanged=True)
    except (DataError, StoreError) as error:
        if (newest := releases.newest()) is None:
            raise
        click.echo(f"actiongraph: {error} Using release {newest} instead.", err=True)
        return releases, None


_FORMATS = {"json": reports.as_json, "csv": reports.as_csv, "ttl": reports.as_turtle}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE…]")
@source_option
@release_options
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", *_FORMATS]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.pass_context
def validate(
    context: click.Context,
    files: tuple[Path, ...],
    sources: tuple[Path, ...],
    format_name: str,
    options: GivenOptions,
) -> None:
    """Validate data without publishing it; exit code 1 if there is a Violation.

    Without FILE, the whole data folder is validated. FILEs may be any RDF; they are validated together with the
    vocabulary and the shared resources (reference.ttl) of the data folder or, without --data, beside the FILE.
    """
    settings = options.settings()
    if not files:
        _say_what_is_left_out(settings)
    report = validate_files(settings, files, sources)
    text = reports.as_text(report, settings.base) if format_name == "text" else _FORMATS[format_name](report)
    click.echo(text, nl=False)
    if not report.publishable:
        context.exit(1)


def published_note(outcome: Outcome) -> str:
    """Return the result of a build in one sentence."""
    record = outcome.record
    if not outcome.is_new:
        return f"Nothing has changed: {record.version} is still the newest release."
    changes = f", {counted(record.added, 'quad')} added and {record.removed:,} removed" if record.previous else ""
    contents = f"{counted(record.triples, 'triple')} in {counted(len(record.graphs), 'graph')}"
    return f"Published {record.version}: {contents}{changes}."


def _place_note(folder: Path, options: GivenOptions) -> str:
    """Return the folder of the releases, and the command that serves them with the options that were given."""
    command = ["actiongraph", "serve"]
    for option, given in (("--data", options.data), ("--store", options.store), ("--base", options.base)):
        if given:
            command += [option, str(given)]
    return f"Stored in {folder}; serve it with: {shlex.join(command)}"


def vanished_note(things: Sequence[str], settings: Settings) -> str:
    """Return the note on `things`, as `kind/key`, that were published before, and are neither here nor withdrawn.

    The lines that a curator would write are ready to be pasted into Turtle, whether or not that has the prefixes.
    """
    path = _data(settings) / "withdrawn.ttl"
    prefixes = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in ("ag", "prov", "xsd")]
    today = datetime.now(UTC).date().isoformat()
    lines = [
        f'<id/{thing}> a ag:WithdrawnResource ; ag:reason "…"@en ; prov:invalidatedAtTime "{today}"^^xsd:date .'
        for thing in things[:_MOST_NAMED]
    ]
    more = [f"# and {len(things) - _MOST_NAMED} more"] if len(things) > _MOST_NAMED else []
    missing = f"Missing since the previous release: {counted(len(things), 'key')}."
    advice = f"To tell readers why, add this to {path}, with the reasons:"
    return "\n".join([f"{missing} {advice}", f"@base <{CANONICAL_BASE}> .", *prefixes, *lines, *more])


def _say_what_is_left_out(settings: Settings) -> None:
    """Say on standard error which files in the data folder are not read, if there are any."""
    if names := left_out(_data(settings)):
        more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
        listed = f"{', '.join(names[:_MOST_FILES])}{more}"
        click.echo(f"actiongraph: Only .ttl files are read; ignored in {_data(settings)}: {listed}.", err=True)


def _data(settings: Settings) -> Path:
    return (settings.data or shipped("data")).resolve()
