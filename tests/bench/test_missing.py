"""What the benchmark lacks is told with the command that installs it."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest
from click.testing import CliRunner

from bench import proxy

INSTALL = "python -m pip install -e '.[bench]'"


def test_nginx_or_oxigraph(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proxy, "nginx", lambda: None)
    result = CliRunner().invoke(proxy.main, ["--actions", "20"])
    assert result.exit_code == 1
    assert INSTALL in result.output


def test_matplotlib(monkeypatch: pytest.MonkeyPatch):
    for name in ("bench.report", "bench.plots"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(SystemExit, match="matplotlib") as ended:
        import_module("bench.report")
    assert INSTALL in str(ended.value)
