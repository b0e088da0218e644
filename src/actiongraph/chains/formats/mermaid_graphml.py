"""A chain as a graph for the tools of others: Mermaid and GraphML."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from actiongraph.chains.fields import NAMES, TEXTS, THINGS
from actiongraph.chains.formats.csv_table import BETWEEN
from actiongraph.chains.model import Chain, Link, LinkKind, Step, joined_names
from actiongraph.formats import Format
from actiongraph.text import one_line

MERMAID = Format("mmd", "Mermaid", "text/vnd.mermaid", "mmd", names=("mermaid",))
GRAPHML = Format("graphml", "GraphML", "application/graphml+xml", "graphml", charset=False)
"""GraphML has no registered media type; this is what its tools use."""
_ARROWS = {LinkKind.STATED: "-->", LinkKind.PROBABLE: "-.->"}
_NODE_KEYS = {
    "label": "string",
    "iri": "string",
    "key": "string",
    **{field.json_name: "string" for field in NAMES},
    "described": "boolean",
    "position": "int",
    "depth": "int",
    **{field.json_name: "string" for field in (*THINGS, *TEXTS)},
    "openEnd": "boolean",
}
_EDGE_KEYS = {
    "kind": "string",
    "confidence": "double",
    "reason": "string",
    "fragment": "string",
    "gapLeastDays": "int",
    "gapMostDays": "int",
    "gapFrom": "string",
}
_GRAPH_KEYS = {"key": "string", "iri": "string", "probable": "boolean"}
_Value = str | int | float | bool | None


def as_mermaid(chain: Chain) -> str:
    """Return the chain as a Mermaid flowchart, from the earlier actions to the later ones.

    Stated links are solid and probable ones dotted; what is mentioned only by number has a dashed border, and
    an open end hangs on an action without a name. Comments have the IRIs. Every character of the data that is
    neither letter nor digit is written by its code, so that no text can end a label or be read as markup.

    Source: the Mermaid documentation, Flowcharts, "Entity codes to escape characters".
    """
    position = {step.action: number for number, step in enumerate(chain.steps, start=1)}
    lines = ["flowchart LR"]
    for step in chain.steps:
        node = f"a{position[step.action]}"
        lines += [
            f"  %% {node} is {one_line(step.action)}",
            f"  {node}[{_label(step)}]{'' if step.described else ':::stub'}",
        ]
        if step.open_end:
            lines += [f'  u{node}(["not named"]):::stub', f'  u{node} -->|"stated"| {node}']
    for link in chain.links:
        words = _coded(link.kind if link.confidence is None else f"{link.kind} {link.confidence}")
        lines.append(f'  a{position[link.earlier]} {_ARROWS[link.kind]}|"{words}"| a{position[link.later]}')
    lines.append("  classDef stub stroke-dasharray: 4 3")
    return "\n".join(lines) + "\n"


def _label(step: Step) -> str:
    things = (joined_names(found, BETWEEN) for found in (step.countries, step.partners))
    lines = [step.name, step.mention, *things, step.start or ""]
    return '"' + "<br/>".join(_coded(one_line(line)) for line in lines if line) + '"'


def _coded(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign == " " else f"#{ord(sign)};" for sign in text)


def as_graphml(chain: Chain) -> str:
    """Return the chain as GraphML, each edge from the earlier action to the later one, every value typed.

    What is unknown has no element. Characters that XML cannot hold are left out.

    Source: GraphML Primer, sections "Header" to "GraphML-Attributes"; XML 1.0, section 2.2.
    """
    ids = {step.action: f"n{number}" for number, step in enumerate(chain.steps)}
    nodes = (
        _element("node", {"id": ids[step.action]}, _node(position, step))
        for position, step in enumerate(chain.steps, start=1)
    )
    edges = (
        _element("edge", {"id": f"e{number}", "source": ids[link.earlier], "target": ids[link.later]}, _edge(link))
        for number, link in enumerate(chain.links)
    )
    keys = [*_keys("graph", _GRAPH_KEYS), *_keys("node", _NODE_KEYS), *_keys("edge", _EDGE_KEYS)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
            *keys,
            '  <graph id="chain" edgedefault="directed">',
            *_data("graph", {"key": chain.key, "iri": chain.iri, "probable": chain.probable}),
            *nodes,
            *edges,
            "  </graph>",
            "</graphml>\n",
        ]
    )


def _keys(kind: str, keys: dict[str, str]) -> Iterator[str]:
    for name, type_ in keys.items():
        yield f'  <key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{type_}"/>'


def _element(kind: str, attributes: dict[str, str], values: dict[str, _Value]) -> str:
    opening = " ".join([kind, *(f"{name}={quoteattr(value)}" for name, value in attributes.items())])
    return "\n".join([f"    <{opening}>", *_data(kind, values), f"    </{kind}>"])


def _data(kind: str, values: dict[str, _Value]) -> Iterator[str]:
    for name, value in values.items():
        if value is not None and value != "":
            content = str(value).lower() if isinstance(value, bool) else escape(one_line(str(value)))
            yield f'      <data key="{kind}-{name}">{content}</data>'


def _node(position: int, step: Step) -> dict[str, _Value]:
    return {
        "label": step.name,
        "iri": step.action,
        "key": step.key,
        **{field.json_name: getattr(step, field.name) for field in NAMES},
        "described": step.described,
        "position": position,
        "depth": step.depth,
        **{field.json_name: joined_names(getattr(step, field.name), BETWEEN) for field in THINGS},
        **{field.json_name: getattr(step, field.name) for field in TEXTS},
        "openEnd": step.open_end,
    }


def _edge(link: Link) -> dict[str, _Value]:
    return {
        "kind": link.kind.value,
        "confidence": None if link.confidence is None else float(link.confidence),
        "reason": " / ".join(link.reasons),
        "fragment": " / ".join(link.fragments),
        "gapLeastDays": link.gap.least_days if link.gap else None,
        "gapMostDays": link.gap.most_days if link.gap else None,
        "gapFrom": link.gap.counted_from if link.gap else None,
    }
