"""IATI files of somebody who means harm, or whose disk was full: one sentence with the line, and nothing is fetched."""

from __future__ import annotations

import gzip
import random
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actiongraph.errors import DataError, DataSyntaxError, SettingsError
from actiongraph.ingest.claims import Record
from actiongraph.ingest.iati import read_activities

pytestmark = pytest.mark.long("large")

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<iati-activities version="2.03" generated-datetime="2020-06-30T00:00:00Z" xml:lang="en">
<iati-activity>
  <iati-identifier>XX-1-1</iati-identifier>
  <reporting-org ref="XX-1" type="10"><narrative>R &amp; Co</narrative></reporting-org>
  <title><narrative xml:lang="fr">É<![CDATA[<t>]]>té</narrative></title>
  <participating-org role="4" type="10" ref="CD-1"><narrative>Body</narrative></participating-org>
  <activity-date type="2" iso-date="2014-02-01"/>
  <contact-info><email>a@example.org</email></contact-info>
  <recipient-country code="CD" percentage="100"/><sector code="11220" vocabulary="1"/>
  <transaction><sector code="11220"/><value>1</value></transaction>
  <!-- c --><related-activity ref="XX-1-2" type="1"/>
</iati-activity>
<iati-activity><iati-identifier>XX-1-2</iati-identifier></iati-activity>
</iati-activities>
"""


def read(path: Path, content: bytes | str) -> list[Record]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_activities(path))


def refused(path: Path, content: bytes | str) -> DataError:
    """Read what must not be read, and return the error, which is one sentence about the file and has a line."""
    with pytest.raises(DataError) as raised:
        read(path, content)
    text = str(raised.value)
    assert text.startswith(str(path)), text
    assert text.endswith((".", "it first.", "from the file.")), text
    assert "\n" not in text
    assert len(text) < len(str(path)) + 300
    assert raised.value.line is not None
    return raised.value


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine, and what connected to it."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        is_over = threading.Event()

        def listen() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    heard.append("connected")

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        is_over.set()
        thread.join()


BODY = "<iati-activities><iati-activity><iati-identifier>&a;</iati-identifier></iati-activity></iati-activities>"
LOLS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS = {
    "internal": f'<!DOCTYPE x [<!ENTITY l0 "lol">{LOLS}<!ENTITY a "&l11;">]>{BODY}',
    "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>{BODY.replace("&a;", "&a;" * 5_000)}',
    "file": f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>{BODY}',
    "external": f'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:PORT/a">]>{BODY}',
    "parameter": f'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:PORT/p">%p;]>{BODY}',
    "dtd": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:PORT/d.dtd">{BODY.replace("&a;", "A")}',
    "public": f'<!DOCTYPE x PUBLIC "-//X//Y" "http://127.0.0.1:PORT/d.dtd">{BODY.replace("&a;", "A")}',
    "default": f'<!DOCTYPE x [<!ATTLIST iati-activity xml:lang CDATA "&a;">]>{BODY.replace("&a;", "A")}',
    "html": f"<!DOCTYPE html>{BODY.replace('&a;', 'A')}",
    "behind comments": f"<?xml version='1.0'?><!-- <x> --><?p <!-- ?>\n<!-- -->\n<!DOCTYPE x [<!ENTITY a 'b'>]>{BODY}",
    "behind a long comment": f"<!-- {'x' * 70_000} --><!DOCTYPE x [<!ENTITY a SYSTEM 'http://127.0.0.1:PORT/a'>]>{BODY}",
}


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_doctype_is_refused_before_it_can_grow_or_fetch_anything(
    tmp_path: Path, listener: tuple[int, list[str]], kind: str, encoding: str
):
    port, heard = listener
    error = refused(tmp_path / "bomb.xml", BOMBS[kind].replace("PORT", str(port)).encode(encoding))
    if encoding != "utf-32":  # which libxml2 does not read by its byte-order mark alone
        assert "DOCTYPE" in str(error)
    assert heard == []


def test_the_listener_would_have_heard_a_fetch(listener: tuple[int, list[str]]):
    port, heard = listener
    with socket.create_connection(("127.0.0.1", port)):
        pass
    for _ in range(100):
        if heard:
            break
        threading.Event().wait(0.02)
    assert heard == ["connected"]


def test_what_stands_in_files_of_xinclude_and_stylesheets_is_not_fetched(
    tmp_path: Path, listener: tuple[int, list[str]]
):
    port, heard = listener
    address = f"http://127.0.0.1:{port}/x"
    content = SMALL.replace(
        "<iati-activities", f'<?xml-stylesheet href="{address}" type="text/xsl"?><iati-activities', 1
    )
    content = content.replace(
        "<iati-activity>",
        f'<iati-activity xmlns:xi="http://www.w3.org/2001/XInclude" xsi:schemaLocation="{address} {address}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><xi:include href="{address}"/>',
        1,
    )
    assert [record.key for record in read(tmp_path / "x.xml", content)] == ["XX-1-1", "XX-1-2"]
    assert heard == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "well-formed"),
        (b"\n\n", "well-formed"),
        (b"id,title\nA,B\n", "well-formed"),
        (b'{"activities": []}', "well-formed"),
        (b"<html><body/></html>", "begins with html"),
        (b"<iati-organisations/>", "describes organizations"),
        (b"<iati-activity/>", "is a single iati-activity"),
        (b'<iati-activities xmlns="http://example.org/"/>', "begins with {http://example.org/}iati-activities"),
        (b'<iati-activities version="3.01"/>', "of IATI version '3.01'"),
        (b'<iati-activities version="2.03"><iati-activity>&nbsp;</iati-activity></iati-activities>', "nbsp"),
        (b"<iati-activities>\0</iati-activities>", "well-formed"),
        (b"<iati-activities><a b='\x01'/></iati-activities>", "well-formed"),
        (b"\0" * 100_000, "well-formed"),
        (SMALL.encode("latin-1"), "well-formed"),
        (SMALL.replace("UTF-8", "UTF-16").encode(), "well-formed"),
        (SMALL.replace("UTF-8", "x-none").encode(), "well-formed"),
        (SMALL.encode("utf-16")[:-1], "well-formed"),
        (gzip.compress(SMALL.encode()), "compressed with gzip; unpack it first"),
        (b"PK\x03\x04....", "compressed with zip"),
        (b"<iati-activities>" + b"<a>" * 300, "well-formed"),
        (b"<iati-activities><iati-activity a='" + b"x" * 11_000_000 + b"'/></iati-activities>", "well-formed"),
        (b"<iati-activities><iati-activity><title>" + b"x" * 11_000_000 + b"</title></iati-activity></iati-activities>",
         "well-formed"),
        (b"<!-- " + b"x" * 400_000 + b" --><iati-activities/>", "first 128 kB"),
        (b"<iati-activities><iati-activity><title>" + b"<narrative/>" * 1_001 + b"</title></iati-activity>"
         b"</iati-activities>", "more than 1,000 elements in one title"),
    ],
)  # fmt: skip
def test_what_is_not_iati_is_told_of_in_one_sentence(tmp_path: Path, content: bytes, said: str):
    assert said in str(refused(tmp_path / "file.xml", content))


def test_without_lxml_the_line_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(SettingsError, match=re.escape("pip install 'actiongraph[ingest]'")):
        read(tmp_path / "file.xml", SMALL)


def test_a_folder_and_a_file_that_is_not_there_are_told_of(tmp_path: Path):
    for path in (tmp_path, tmp_path / "none.xml"):
        with pytest.raises(DataError, match=re.escape(f"{path} cannot be read: ")):
            list(read_activities(path))


def test_the_line_of_a_mistake_is_told_however_far_down_it_is(tmp_path: Path):
    lines = SMALL.replace("</iati-activities>\n", "\n" * 70_000 + "<broken></iati-activities>")
    assert refused(tmp_path / "file.xml", lines).line == lines.count("\n") + 1


def test_nothing_is_read_behind_an_entity_that_is_not_declared(tmp_path: Path):
    """The parser takes what it is fed next for another document, whose DOCTYPE nobody would look for."""
    activity = "<iati-activity><iati-identifier>{}</iati-identifier></iati-activity>\n"
    content = "<iati-activities>\n" + activity.format("A&x;") + f"<!DOCTYPE x [{LOLS}]>" + activity.format("B") * 3
    path, keys = tmp_path / "file.xml", []
    path.write_text(content)
    with pytest.raises(DataSyntaxError, match="line 2, is not well-formed XML: Entity 'x' not defined"):
        keys.extend(record.key for record in read_activities(path))
    assert keys == []


@pytest.mark.parametrize("length", range(0, len(SMALL.encode()) - 20, 29))
def test_a_file_that_ends_too_early_is_an_error_wherever_that_is(tmp_path: Path, length: int):
    assert isinstance(refused(tmp_path / "cut.xml", SMALL.encode()[:length]), DataSyntaxError)


def test_names_of_other_vocabularies_are_not_those_of_iati(tmp_path: Path):
    content = SMALL.replace("<iati-activity>", '<iati-activity xmlns:i="http://example.org/"><i:title>No</i:title>', 1)
    content = content.replace("<iati-activity>", '<iati-activity xmlns="http://example.org/">')
    (record,) = read(tmp_path / "x.xml", content)
    assert "No" not in [claim.value for claim in record.claims]
    refused(tmp_path / "y.xml", SMALL.replace("<title>", "<i:title>").replace("</title>", "</i:title>"))


LARGE = {
    "activities": (b"<iati-activity><iati-identifier>%d</iati-identifier></iati-activity>", 250_000),
    "transactions": (b"<transaction><value currency='EUR'>%d</value></transaction>", 400_000),
    "inner": (b"<indicator><period>%d</period></indicator>", 500_000),
}


@pytest.mark.long("large")
@pytest.mark.parametrize("kind", LARGE)
def test_a_line_of_20_mb_is_read_in_bounded_memory(tmp_path: Path, kind: str):
    part, number = LARGE[kind]
    path = tmp_path / "line.xml"
    head, tail = {"activities": (b"", b""), "inner": (b"<result>", b"</result>")}.get(kind, (b"", b""))
    if kind != "activities":
        head = b"<iati-activity><iati-identifier>A</iati-identifier>" + head
        tail += b"</iati-activity>"
    with path.open("wb") as file:
        file.write(b"<iati-activities>" + head)
        for start in range(0, number, 10_000):
            file.write(b"".join(part % n for n in range(start, start + 10_000)))
        file.write(tail + b"</iati-activities>")
    assert path.stat().st_size > 17_000_000
    script = (
        "import resource, sys; from pathlib import Path; from actiongraph.ingest.iati import read_activities;"
        "print(sum(1 for _ in read_activities(Path(sys.argv[1]))), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    command = f'"{sys.executable}" -c \'{script}\' "{path}"; exit $?'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    records, peak_kb = map(int, done.stdout.split())
    assert records == (number if kind == "activities" else 1)
    assert peak_kb < 120_000


def test_a_text_of_100_mb_is_refused_without_being_held(tmp_path: Path):
    path = tmp_path / "text.xml"
    with path.open("wb") as file:
        file.write(b"<iati-activities><iati-activity><title>")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataSyntaxError):
        list(read_activities(path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


TRAPS = (
    b"&x;", b"]]>", b"<![CDATA[", b"<!--", b"<?x", b"\xef\xbb\xbf", b"\0", b"&#0;", b"&#xD800;", b'"9999-99-99"',
    b'"-"', b"<!DOCTYPE a>", b"xmlns=''", b'"NaN"', "\u202e".encode(),
)  # fmt: skip


def mutated(content: bytes, random_: random.Random) -> bytes:
    """Return `content` with one to four changes: bytes, tags or attributes changed, doubled, moved, dropped."""
    pieces = re.split(rb"(<[^>]*>|\s+|\"[^\"]*\")", content)
    for _ in range(random_.randrange(1, 5)):
        place, other = random_.randrange(len(pieces)), random_.randrange(len(pieces))
        match random_.randrange(7):
            case 0:
                pieces[place] = b""
            case 1:
                pieces[place] += pieces[other]
            case 2:
                pieces[place], pieces[other] = pieces[other], pieces[place]
            case 3:
                pieces[place] = pieces[place].replace(b"<", b"</") if random_.random() < 0.5 else b"<" + pieces[place]
            case 4:
                pieces[place] = bytes(random_.randrange(256) for _ in range(random_.randrange(1, 6)))
            case 5:
                pieces[place] = pieces[place][: random_.randrange(len(pieces[place]) + 1)]
            case _:
                pieces[place] = random_.choice(TRAPS)
    return b"".join(pieces)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_changed_in_a_file_there_are_records_or_a_data_error(tmp_path: Path, seed: int):
    random_, path, outcomes = random.Random(seed), tmp_path / "fuzzed.xml", {"records": 0, "refused": 0}
    for _ in range(250):
        content = mutated(SMALL.encode(), random_)
        try:
            for record in read(path, content):
                assert record.key
                assert "a@example.org" not in repr(record.claims)
            outcomes["records"] += 1
        except DataError as error:
            assert "\n" not in str(error)
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 25, outcomes
