"""The folders of the ontology, the shapes and the data that travel with the program."""

from __future__ import annotations

from pathlib import Path

from actiongraph.errors import SettingsError

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the folder `ontology`, `shapes` or `data`: inside an installed wheel, else at the root of the checkout.

    Raises:
        SettingsError: neither is there, so the installation is broken.
    """
    for folder in (_PACKAGE / "shipped" / name, _PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    raise SettingsError(f"The folder {name}/ that belongs to actiongraph is missing; install the package again.")
