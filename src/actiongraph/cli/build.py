"""`actiongraph build` and `actiongraph validate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from actiongraph.catalogue.contents import missing_metadata
from actiongraph.cli.options import (
    about_options,
    limit_option,
    release_options,
    releases_of,
    settings_of,
    source_option,
    with_limits,
    with_metadata,
)
from actiongraph.cli.publishing import left_out_note, place_note, published_note, vanished_note
from actiongraph.errors import DataError, InvalidData, StoreError
from actiongraph.release.build import Outcome, validate_files
from actiongraph.release.build import build as build_release
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate import report as reports
from actiongraph.validate.report import Report


@click.command()
@limit_option
@about_options
@source_option
@release_options
def build(
    limits: tuple[str, ...],
    publisher: str | None,
    contact: str | None,
    license_: str | None,
    sources: tuple[Path, ...],
    data: Path | None,
    store: Path | None,
    base: str | None,
) -> None:
    """Publish the data as a release: derive, validate, write, switch.

    The previous release stays in place until the new one is complete on disk. Data with a Violation is not
    published.
    """
    settings = with_metadata(with_limits(settings_of(data, store, base), {}, limits), publisher, contact, license_)
    _say_what_is_left_out(settings)
    releases = releases_of(settings)
    outcome = build_with_report(settings, releases, sources=sources)
    click.echo(published_note(outcome))
    if outcome.report:
        click.echo(f"Validation: {outcome.report.summary()}.")
    for absent in missing_metadata(outcome.record.told):
        click.echo(f"The catalogue has no {absent.what.lower()}; set it with {absent.option}.")
    if outcome.vanished:
        click.echo(vanished_note(outcome.vanished, settings))
    click.echo(place_note(releases.folder, data, store, base))


def _say_what_is_left_out(settings: Settings) -> None:
    if note := left_out_note(settings):
        click.echo(f"actiongraph: {note}", err=True)


def build_with_report(
    settings: Settings, releases: ReleaseStore, *, unless_unchanged: bool = False, sources: Sequence[Path] = ()
) -> Outcome:
    """Return the outcome of `release.build.build`; remarks go to standard error, and on a Violation the report."""
    try:
        outcome = build_release(settings, releases, unless_unchanged=unless_unchanged, texts=sources)
    except InvalidData as error:
        assert isinstance(error.report, Report)  # noqa: S101 - the only thing build puts there
        click.echo(reports.as_text(error.report, settings.base), err=True)
        raise
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


_FORMATS: dict[str, Callable[[Report], str]] = {
    "json": reports.as_json,
    "csv": reports.as_csv,
    "ttl": reports.as_turtle,
}


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
    data: Path | None,
    store: Path | None,
    base: str | None,
    format_name: str,
) -> None:
    """Validate data without publishing it; exit code 1 if there is a Violation.

    Without FILE, the whole data folder is validated. FILEs may be any RDF; they are validated together with the
    vocabulary and the shared resources of the data folder (reference.ttl).
    """
    settings = settings_of(data, store, base)
    if not files:
        _say_what_is_left_out(settings)
    report = validate_files(settings, files, sources)
    text = reports.as_text(report, settings.base) if format_name == "text" else _FORMATS[format_name](report)
    click.echo(text, nl=False)
    if not report.publishable:
        context.exit(1)
