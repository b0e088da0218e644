"""`actiongraph mirror` as people run it."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]
EXTRA = """
<https://w3id.org/actiongraph/id/facility/extra> a <https://w3id.org/actiongraph/ontology#Facility> ;
  <http://www.w3.org/2004/02/skos/core#prefLabel> "Extra"@en .
"""


def sha256_of_sorted(path: Path) -> str:
    return hashlib.sha256(b"".join(sorted(gzip.decompress(path.read_bytes()).splitlines(keepends=True)))).hexdigest()


def test_a_server_is_copied_proved_and_kept_up(serve, run: Run, little_data: Path, tmp_path: Path):
    options = ("--data", "data", "--store", "store")
    server = serve(*options)
    first = run("mirror", server.url, "copy", http_proxy="http://127.0.0.1:9/", HTTP_PROXY="http://127.0.0.1:9/")
    assert (first.returncode, first.stderr) == (0, "")
    proof = sha256_of_sorted(tmp_path / "copy" / "actiongraph.nq.gz")
    note = json.loads((tmp_path / "copy" / "mirror.json").read_text("utf-8"))
    assert proof in first.stdout
    assert note["version"] in first.stdout
    assert note["version"].endswith(proof[:12])
    with (little_data / "reference.ttl").open("a", encoding="utf-8") as file:
        file.write(EXTRA)
    assert run("build", *options).returncode == 0
    second = run("mirror", server.url, "copy")
    assert second.returncode == 0
    assert "3 quads added, 0 removed" in second.stdout  # its name is its label, too
    assert sha256_of_sorted(tmp_path / "copy" / "actiongraph.nq.gz") in second.stdout
    assert run("mirror", server.url, "copy").stdout.startswith("Nothing has changed: ")
    small = run("mirror", server.url, "other", "--max-bytes", "1000")
    assert (small.returncode, small.stdout) == (3, "")
    assert "--max-bytes" in small.stderr


def test_what_is_wrong_is_said_in_one_sentence(run: Run, tmp_path: Path):
    for arguments, code, said in (
        (("http://127.0.0.1:1/", "copy"), 3, "http://127.0.0.1:1/releases does not answer"),
        (("file:///etc/passwd", "copy"), 2, "is not the address of a server"),
        (("http://127.0.0.1:1/",), 2, "Missing argument 'DIR'"),
        (("http://127.0.0.1:1/", ""), 2, "the folder name is empty"),
    ):
        result = run("mirror", *arguments)
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (code, "", 1)
        assert said in result.stderr
    assert not list(tmp_path.iterdir())
