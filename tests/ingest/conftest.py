"""Tables as tests write them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.table import ReadTable, records_of_table

MAPPING = (Path(__file__).parent / "wells.toml").read_text("utf-8")


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., ReadTable]:
    """A function that reads a table, its content as text or bytes, by a mapping."""

    def of(content: str | bytes, mapping: str = MAPPING, name: str = "wells.csv") -> ReadTable:
        table, columns = tmp_path / name, tmp_path / "columns.toml"
        table.write_bytes(content.encode() if isinstance(content, str) else content)
        columns.write_text(textwrap.dedent(mapping), "utf-8")
        return records_of_table(table, read_columns(columns))

    return of
