"""Comunica, which asks a Service Description first, against `actiongraph serve`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actiongraph.vocabulary import CANONICAL_BASE

pytestmark = pytest.mark.long("clients")

LATER = f"""PREFIX ag: <{CANONICAL_BASE}ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?title WHERE {{ ?later ag:followUpOf ?earlier ; dcterms:title ?title . ?earlier ag:actionNumber "2014-12" }}"""


def test_it_finds_what_followed(serve: Callable[..., Any], node_modules: Path, tmp_path: Path):
    script = node_modules / "@comunica" / "query-sparql" / "bin" / "query.js"
    command = ["node", str(script), f"{serve().url}sparql", LATER, "-t", "application/sparql-results+json"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    # The language is not compared: version 4.5 loses it while it reads an answer that has it.
    titles = [row["title"]["value"] for row in json.loads(done.stdout)["results"]["bindings"]]
    assert titles == ["Enhance the effectiveness and coordination of social protection in Ghana"]
