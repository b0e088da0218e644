"""What two answers have in common and where they differ, as text that people read."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import html
import io
import json
import re
import threading
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path

from sides import Ran, Reply

_LONG = 240
_SHOWN_LINES = 24
_TEXT = re.compile(r"text/|[/+](json|xml)\b|n-triples|n-quads|trig|problem|svg|sparql|openmetrics|turtle|mermaid")
_COUNTED = "actiongraph_requests_total{"
_BLANK_NODE = re.compile(r'\b[Nn][0-9a-f]{32}(?:b[0-9]+)?\b|(?<=_:)[0-9a-f]{20,32}\b|(?<="bnode","value":")[0-9a-f]+')
_SAMPLE = re.compile(r"^([a-z_]+(?:\{[^}]*\})?) \S+$", re.MULTILINE)
_FOLLOW_FROM_BODY = re.compile(r"^(etag|content-length|repr-digest): .*$", re.MULTILINE | re.IGNORECASE)


def text_of(reply: Reply) -> str:
    """Return an answer as text: status, header fields sorted by name, then the body, unpacked if it is packed."""
    fields = sorted(f"{name.lower()}: {value}" for name, value in reply.fields)
    return "\n".join([f"status: {reply.status}", *fields, "", _body(reply)])


def _body(reply: Reply) -> str:
    body, kind = reply.body, reply.get("content-type") or ""
    packed = ""
    if reply.get("content-encoding") == "gzip" and body:
        packed = f"(packed with gzip into {_digest(body)})\n"
        body = zlib.decompress(body, wbits=31)
    return packed + bytes_as_text(body, is_text=not body or bool(_TEXT.search(kind)) or reply.status == "raw")


def bytes_as_text(body: bytes, *, is_text: bool) -> str:
    """Return the content of a file as text, of packed files what is in them, too."""
    if is_text:
        try:
            return body.decode()
        except UnicodeDecodeError:
            return repr(body)
    return f"({_digest(body)})\n" + _unpacked(body)


def _unpacked(body: bytes) -> str:
    try:
        if body.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                members = archive.infolist()
                return "".join(f"--- {one.filename} {one.date_time}\n{archive.read(one).decode()}" for one in members)
        return gzip.decompress(body).decode()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, zipfile.BadZipFile):
        return repr(body) if len(body) < 10_000 else ""


def _digest(body: bytes) -> str:
    return f"{len(body)} bytes, sha256 {hashlib.sha256(body).hexdigest()}"


def text_of_run(ran: Ran) -> str:
    """Return how a command ended and what it said as text."""
    out, err = (bytes_as_text(said, is_text=True) for said in (ran.stdout, ran.stderr))
    return f"exit code: {ran.code}\n--- standard output\n{out}\n--- standard error\n{err}"


def without_values(text: str) -> str:
    """Return metrics without figures other than of requests: they are times, and what is kept depends on threads."""
    lines = sorted(without_bytes(text).split("\n"))
    return "\n".join(line if line.startswith(_COUNTED) else _SAMPLE.sub(r"\1 …", line) for line in lines)


def without_bytes(text: str) -> str:
    """Return an answer without what follows from the bytes of its body, where that tells a port or a lot."""
    return _FOLLOW_FROM_BODY.sub(r"\1: …", text)


def without_blank_nodes(text: str) -> str:
    """Return an answer without the names of blank nodes, which are drawn by lot, and so without an order of lines."""
    if not _BLANK_NODE.search(text):
        return text
    head, _, body = without_bytes(text).partition("\n\n")
    return "\n".join([head, "", *sorted(_BLANK_NODE.sub("…", body).split("\n"))])


@dataclass(frozen=True)
class Difference:
    """One question that the two sides answer differently."""

    question: str
    old: str
    new: str

    def excerpt(self) -> str:
        """Return the question and the lines that differ, each cut to where it does."""
        old, new = _lines(self.old), _lines(self.new)
        lines = list(difflib.unified_diff(old, new, "0.2.0", "working tree", n=1, lineterm=""))[2:]
        shown = [_cut(line) for line in lines[:_SHOWN_LINES]]
        more = [f"… {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
        return "\n".join([f"≠ {self.question}", *(f"    {line}" for line in [*shown, *more])])


def _lines(text: str) -> list[str]:
    """Return the lines of a text; a very long one is cut after what ends a statement or an element."""
    found: list[str] = []
    for line in text.split("\n"):
        found += re.split(r"(?<=[>,;])(?=[<\s\"{])", line) if len(line) > _LONG else [line]
    return found


def _cut(line: str) -> str:
    return line if len(line) <= _LONG else f"{line[:_LONG]}…"


@dataclass
class Change:
    """A change that is meant: where, what 0.2.0 says there, what the working tree says instead, and why.

    Of a `whole` answer that is another, `old` and `new` are parts. Of figures, the `lines` that count are left out.
    """

    reason: str
    where: re.Pattern[str]
    old: str
    new: str
    whole: bool = False
    lines: re.Pattern[str] | None = None
    used: int = 0

    def apply(self, question: str, old: str, new: str) -> tuple[str, str]:
        """Return both answers with what the working tree says put into that of 0.2.0."""
        if not self.where.search(question):
            return old, new
        if self.whole:
            return (new, new) if self.old in old and self.new in new else (old, new)
        if self.lines:
            return _without(self.lines, old), _without(self.lines, new)
        rewritten = old.replace(self.old, self.new) if self.old else old
        no_body = old.partition("\n\n")[2] == "" and old.startswith("status: ")
        if rewritten == old and not no_body:
            return old, new
        # What follows from the bytes of the body differs with them; of HEAD and 304 it is all there is to see.
        old, new = without_bytes(rewritten), without_bytes(new)
        packed = re.compile(r"^\(packed with gzip .*\)$", re.MULTILINE)
        return packed.sub("(packed)", old), packed.sub("(packed)", new)


def _without(lines: re.Pattern[str], text: str) -> str:
    return without_bytes("\n".join(line for line in text.split("\n") if not lines.search(line)))


@dataclass
class Text:
    """A message that was reworded: what 0.2.0 says and what the working tree says; names in braces stand for figures.

    It is found as it is, and as it is escaped in JSON or HTML; in a help text, which is wrapped, also over lines.
    """

    old: str
    new: str
    used: int = 0

    def __post_init__(self) -> None:
        escapes: tuple[Callable[[str], str], ...] = (str, _in_json, _in_html)
        self._forms = {escape(self.old): escape(self.new) for escape in escapes}
        self._patterns = {
            (old, wrap): self._pattern(old, r"\s+" if wrap else " ") for old in self._forms for wrap in (0, 1)
        }
        self._literals = {old: _plain(max(_GAP.split(old)[::2], key=len)) for old in self._forms}

    @staticmethod
    def _pattern(old: str, space: str) -> re.Pattern[str]:
        parts = _GAP.split(old)
        literals = (space.join(map(re.escape, _plain(part).split(" "))) for part in parts[::2])
        gaps = (f"(?P<{name}>.{{0,400}}?)" for name in parts[1::2])
        return re.compile("".join(part for pair in zip_longest(literals, gaps, fillvalue="") for part in pair))

    def rewrite(self, answer: str, *, is_wrapped: bool) -> str:
        """Return `answer` with the new words in place of the old ones."""
        for old, new in self._forms.items():
            if is_wrapped or self._literals[old] in answer:
                answer = self._patterns[old, is_wrapped].sub(partial(_filled, new), answer)
        return answer


_JSON = re.compile(r"(?mi)^content-type: application/(\S+\+)?json")
"""JSON is laid out by the length of what it holds."""
_RDF_XML = re.compile(r"(?mi)^content-type: application/rdf\+xml")
_GAP = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")


def _plain(part: str) -> str:
    return part.replace("{{", "{").replace("}}", "}")


def _filled(new: str, found: re.Match[str]) -> str:
    parts = _GAP.split(new)
    return "".join(found[part] if number % 2 else _plain(part) for number, part in enumerate(parts))


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _in_html(text: str) -> str:
    return html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


@dataclass
class Found:
    """All that was compared, and what of it differs. Many threads may tell it something."""

    changes: list[Change]
    texts: list[Text]
    compared: int = 0
    expected: int = 0
    settled: int = 0
    differences: list[Difference] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def agree(self, *, settled: bool = False) -> None:
        """Note one comparison of what is the same, at once or, `settled`, when it was asked again."""
        with self._lock:
            self.compared += 1
            self.settled += settled

    def compare(self, question: str, old: str, new: str) -> bool:
        """Note one comparison and tell whether the two agree, apart from what is meant to differ."""
        with self._lock:
            self.compared += 1
            if old == new:
                return True
            applied = [change for change in self.changes if change.where.search(question)]
            told, wanted, reworded = self._reworded(question, old, new)
            for change in applied:
                told, wanted = change.apply(question, told, wanted)
            if told == wanted:
                self.expected += 1
                for change in applied:
                    change.used += 1
                for text in reworded:
                    text.used += 1
                return True
            self.differences.append(Difference(question, told, wanted))
            return False

    def _reworded(self, question: str, old: str, new: str) -> tuple[str, str, list[Text]]:
        """Return both answers with the new words in that of 0.2.0, and the texts that were found in it.

        What was built by 0.2.0 keeps its words on disk, so there the working tree may say them too.
        """
        is_help, is_older = "Usage: actiongraph" in old, "on the store of 0.2.0" in question
        found = []
        for text in self.texts:
            rewritten = text.rewrite(old, is_wrapped=is_help)
            if rewritten != old:
                found.append(text)
                old = rewritten
            if is_older:
                new = text.rewrite(new, is_wrapped=False)
        no_body = old.partition("\n\n")[2] == "" and old.startswith("status: ")
        if found or no_body:
            packed = re.compile(r"^\(packed with gzip .*\)$", re.MULTILINE)
            old, new = (packed.sub("(packed)", without_bytes(answer)) for answer in (old, new))
        is_json, is_rdf_xml = _JSON.search(old), _RDF_XML.search(old)
        if found and (is_help or is_json):
            old, new = (" ".join(answer.split()) for answer in (old, new))
        if found and (is_json or is_rdf_xml):
            # The engine's order follows from the terms, so another text in one of them moves others.
            old, new = ("\n".join(sorted(re.split(r"\s*[\n,{}\[\]]+\s*", answer))) for answer in (old, new))
        return old, new, found


def read_changes(path: Path) -> list[Change]:
    """Return the changes that are meant, from the file that lists them."""
    listed = tomllib.loads(path.read_text("utf-8")).get("change", [])
    return [
        Change(
            one["reason"],
            re.compile(one["where"]),
            one.get("old", ""),
            one.get("new", ""),
            one.get("whole", False),
            re.compile(one["lines"]) if "lines" in one else None,
        )
        for one in listed
    ]


def read_texts(path: Path) -> list[Text]:
    """Return the messages that were reworded, from the file that lists them."""
    return [Text(**one) for one in tomllib.loads(path.read_text("utf-8")).get("text", [])]


def excerpts(differences: Sequence[Difference], most: int) -> list[str]:
    """Return excerpts of the first so many, of those that look alike only a few."""
    seen: dict[str, int] = {}
    shown: list[str] = []
    for difference in differences:
        excerpt = difference.excerpt()
        kind = re.sub(r"[0-9a-f]{8,}|\d+", "", excerpt.partition("\n")[2])
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= 3 and len(shown) < most:
            shown.append(excerpt)
    return shown
