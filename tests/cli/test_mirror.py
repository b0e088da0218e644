"""`actiongraph mirror` as people run it."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from actiongraph.shipped import shipped

Run = Callable[..., subprocess.CompletedProcess[str]]
EXTRA = """
<https://w3id.org/actiongraph/id/facility/extra> a <https://w3id.org/actiongraph/ontology#Facility> ;
  <http://www.w3.org/2004/02/skos/core#prefLabel> "Extra"@en .
"""


def sha256_of_sorted(path: Path) -> str:
    return hashlib.sha256(b"".join(sorted(gzip.decompress(path.read_bytes()).splitlines(keepends=True)))).hexdigest()


def test_a_server_is_copied_proved_and_kept_up(serve, run: Run, tmp_path: Path):
    shutil.copytree(shipped("data"), tmp_path / "data")
    options = ("--data", "data", "--store", "store")
    server = serve(*options)
    first = run("mirror", server.url, "copy", http_proxy="http://127.0.0.1:9/", HTTP_PROXY="http://127.0.0.1:9/")
    assert (first.returncode, first.stderr) == (0, "")
    proof = sha256_of_sorted(tmp_path / "copy" / "actiongraph.nq.gz")
    note = json.loads((tmp_path / "copy" / "mirror.json").read_text("utf-8"))
    assert proof in first.stdout
    assert note["version"] in first.stdout
    assert note["version"].endswith(proof[:12])
    with (tmp_path / "data" / "reference.ttl").open("a", encoding="utf-8") as file:
        file.write(EXTRA)
    assert run("build", *options).returncode == 0
    second = run("mirror", server.url, "copy")
    assert second.returncode == 0
    assert "2 quads added, 0 removed" in second.stdout
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
        (("http://127.0.0.1:1/", ""), 2, "the name of the folder is empty"),
    ):
        result = run("mirror", *arguments)
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (code, "", 1)
        assert said in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_killed_leaves_the_copy_and_the_next_one_cleans_up(tmp_path: Path):
    has_asked, may_end = threading.Event(), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path == "/releases":
                content = hashlib.sha256(b"").hexdigest()
                dump = {"name": "actiongraph.nq.gz", "address": url + "dump", "sha256": "0" * 64, "size_bytes": None}
                release = {"version": f"20260101T000000Z-{content[:12]}", "content_sha256": content, "dumps": [dump]}
                body = json.dumps({"releases": [release | {"current": True}], "next": None}).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(gzip.compress(b""))
            has_asked.set()
            may_end.wait(60)

    copy = tmp_path / "copy"
    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        process = subprocess.Popen(
            [sys.executable, "-m", "actiongraph", "mirror", url, str(copy)], stderr=-1, stdout=-1
        )
        assert has_asked.wait(60)
        assert (copy / ".new-actiongraph.nq.gz").exists()
        process.kill()
        process.communicate()
        may_end.set()
        server.shutdown()
        thread.join()
    again = subprocess.run(
        [sys.executable, "-m", "actiongraph", "mirror", url, str(copy)], capture_output=True, check=False
    )
    assert again.returncode == 3
    assert [path.name for path in copy.iterdir()] == [".lock"]
