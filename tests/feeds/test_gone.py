"""Things that are there no more, asked for by their names."""

from __future__ import annotations


def test_who_asks_for_what_is_gone_is_told_since_when_or_why(site):
    for path in ("id/{}", "doc/{}", "data/{}.ttl"):
        vanished, withdrawn, never = (
            site.get(site.url + path.format(name)) for name in ("place/p01", "org/double", "place/p77")
        )
        assert (vanished.status_code, withdrawn.status_code, never.status_code) == (410, 410, 404), path
        assert site.versions[1] in vanished.text
        assert "Described twice." in withdrawn.text
