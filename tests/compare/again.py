"""Runs `python -m actiongraph` again and again, each time in a child of one process that has read what it imports.

Most of what a short command takes is reading that. A job is a line of JSON on standard input: arguments, folder,
environment, and the files that stand in for standard input, output and error. The answer is the exit status.
"""

import contextlib
import gc
import json
import os
import runpy
import signal
import sys
from pathlib import Path

_LONGEST_S = 120


def main():
    _warm_up()
    # Else each child would visit at its end all that was read here, which takes longer than a short command.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _become(job)
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _warm_up():
    """Import all commands by having them told; if that fails, each command will say why."""
    sys.argv = ["actiongraph", "--help"]
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.suppress(Exception, SystemExit),
    ):
        runpy.run_module("actiongraph", run_name="__main__", alter_sys=True)


def _become(job):
    """Be the command: `sys.exit` ends this process as it would end that one."""
    signal.alarm(_LONGEST_S)
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    for number, (path, flags) in enumerate(
        [
            (job["stdin"], os.O_RDONLY),
            (job["stdout"], os.O_CREAT | os.O_WRONLY),
            (job["stderr"], os.O_CREAT | os.O_WRONLY),
        ]
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    sys.argv = ["actiongraph", *job["arguments"]]
    runpy.run_module("actiongraph", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
