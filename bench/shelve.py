"""A release of generated data without SHACL, for measuring what comes after the build."""

from __future__ import annotations

from pathlib import Path

from actiongraph.release.build import publish
from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.release.store import Record, Shelf
from actiongraph.settings import Settings
from actiongraph.validate.report import Report


def shelve(data: Path, store: Path) -> Record:
    """Publish the data in the folder `data` on the shelf `store`, derived facts included, and return what was made.

    Nothing is validated: only data known to be right goes this way. The shelf notes the inputs, so that
    `actiongraph serve --data … --store …` serves it as it is.

    Raises:
        DataError: a file cannot be read.
        StoreError: the shelf cannot be written.
    """
    settings = Settings(data=data, store=store)
    shelf = Shelf(store)
    inputs = find_inputs(data)
    with shelf.locked():
        quads = read_data(inputs, settings)
        quads += derive(quads, settings)
        record = publish(quads, Report(), settings, shelf).record
        shelf.check(inputs.fingerprint(settings), record.version)
    return record
