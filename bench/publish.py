"""A release of generated data without SHACL, to measure what comes after: `python -m bench.publish DATA STORE`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pyoxigraph as ox

from actiongraph.publication import ReleaseRecord
from actiongraph.release.build import publish
from actiongraph.release.derive import derive
from actiongraph.release.entail import entail
from actiongraph.release.inputs import Inputs, find_inputs, read_data
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report


def publish_data(data: Path, store: Path) -> ReleaseRecord:
    """Publish the data in the folder `data` in the store `store`, derived facts included, and return what was made.

    Nothing is validated: only data known to be right goes this way. The store notes the inputs, so that
    `actiongraph serve --data … --store …` serves it as it is.

    Raises:
        DataError: a file cannot be read.
        StoreError: the store cannot be written.
    """
    settings = Settings(data=data, store=store)
    releases = ReleaseStore(store)
    inputs = find_inputs(data)
    with releases.locked():
        record = publish(_read(inputs, settings), Report(), settings, releases).record
        releases.check(inputs.fingerprint(settings), record.version)
    return record


def _read(inputs: Inputs, settings: Settings) -> Iterator[ox.Quad]:
    quads = read_data(inputs, settings)
    quads += derive(quads, settings)
    quads += entail(quads, settings)
    return iter(quads)


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("store", type=click.Path(file_okay=False, path_type=Path))
def main(data: Path, store: Path) -> None:
    """Publish the data in the folder DATA in the folder STORE, unchecked."""
    publish_data(data, store)


if __name__ == "__main__":
    main()
