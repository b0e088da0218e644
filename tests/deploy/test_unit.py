"""`deploy/actiongraph.service`: systemd takes it as it stands, and the server runs within what it allows.

systemd itself does not run here. Tried without it are the limits on files and core dumps, a file system of which only
the store may be written, a /tmp of its own, and no capability; tasks are counted. Left out are the user, what hides
homes, devices and the kernel, the filters of system calls and address families, and the bound on memory.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fronts import Front

CHECKOUT = Path(__file__).resolve().parents[2]
UNIT = (CHECKOUT / "deploy" / "actiongraph.service").read_text("utf-8")
PROGRAM = "/opt/actiongraph/bin/actiongraph"

pytestmark = pytest.mark.long("proxy")


@pytest.fixture(scope="module")
def service() -> dict[str, str]:
    read = configparser.ConfigParser(interpolation=None, strict=True, comment_prefixes="#")
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(UNIT.replace("\\\n", " "))
    return dict(read["Service"])


def test_systemd_takes_it(missing, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze", "install it, on Debian with: apt-get install systemd")
    unit = tmp_path / "actiongraph.service"
    unit.write_text(UNIT.replace(PROGRAM, sys.executable), "utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


WITHIN = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/state /mnt/tmp
mount --bind "$1" /mnt/state
mount --bind /mnt/tmp /tmp
for point in $(cut -d ' ' -f 5 /proc/self/mountinfo); do
    case $point in /mnt*|/tmp|/proc*|/sys*|/dev*) ;; *) mount -o remount,bind,ro "$point" ;; esac
done
shift
cd /mnt/state
exec prlimit --nofile="$1" --core="$2" setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "${@:3}"
"""


@pytest.fixture
def within(missing, service, tmp_path: Path, little_data: Path) -> Iterator[tuple[subprocess.Popen[str], Front]]:
    """The command of the unit, with another port and on little data, within its limits."""
    if os.geteuid() != 0:
        missing("leave to mount", "run the tests as root")
    state = tmp_path / "state"
    shutil.copytree(little_data, state / "data")
    command = shlex.split(service["ExecStart"])
    assert command[:2] == [PROGRAM, "serve"]
    command[0:1] = [sys.executable, "-m", "actiongraph"]
    command[command.index("--port") + 1] = "0"
    command[command.index("--store") + 1] = "/mnt/state/store"
    limits = [service["LimitNOFILE"], service["LimitCORE"]]
    process = subprocess.Popen(
        ["unshare", "--mount", "bash", "-c", WITHIN, "within", state, *limits, *command, "--data", "/mnt/state/data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=os.environ | {"HOME": "/mnt/state"},
    )
    line = process.stdout.readline()
    assert line.startswith("Serving on "), line + process.stderr.read()
    yield process, Front(int(line.rstrip("/\n").rpartition(":")[2]))
    process.terminate()
    process.communicate(timeout=float(service["TimeoutStopSec"]))
    assert process.returncode == 0


def tasks_of(pid: int) -> Iterator[Path]:
    return Path(f"/proc/{pid}/task").iterdir()


def tree(pid: int) -> list[int]:
    children = [int(child) for task in tasks_of(pid) for child in (task / "children").read_text().split()]
    return [pid, *(each for child in children for each in tree(child))]


def test_it_runs_within_its_limits(service, within) -> None:
    process, front = within
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert re.search(r"CapEff:\s0+\n", status)
    assert re.search(r"NoNewPrivs:\s1\n", status)
    assert re.search(rf"Max open files\s+{service['LimitNOFILE']}\s", Path(f"/proc/{process.pid}/limits").read_text())
    points = [line.split() for line in Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()]
    assert {each[5].split(",")[0] for each in points if each[4] == "/"} == {"ro"}

    queries = [
        "ASK {}",
        *(f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c < {n}) }}" for n in range(40)),
    ]
    with ThreadPoolExecutor(64) as crowd:
        sent = [
            crowd.submit(
                front.ask,
                "/sparql?timeout=1",
                "Content-Type: application/sparql-query",
                method="POST",
                body=each.encode(),
            )
            for each in queries
        ]
        most = max(sum(len(list(tasks_of(pid))) for pid in tree(process.pid)) for _ in range(20))
        assert {each.result().status for each in sent} <= {200, 503, 504}
    assert front.ask("/sparql?query=ASK%7B%7D").status == 200
    assert front.ask("/dumps/actiongraph.nq.gz").status == 302
    assert most < int(service["TasksMax"])
