"""The page about a chain: the picture, the same as a list, and each action with its facts and its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from flask import render_template
from markupsafe import Markup

from actiongraph.chains.drawing import as_svg
from actiongraph.chains.fields import LINKED, TEXTS
from actiongraph.chains.model import Chain, Link, Lookup, Step, differences
from actiongraph.chains.outline import headline, outline, summary
from actiongraph.engine.base import Engine
from actiongraph.formats import Format
from actiongraph.iris import is_web_address
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.things.thing import Conclusions
from actiongraph.vocabulary import AG, IRI
from actiongraph.web.http.addresses import link_of, locate


@dataclass(frozen=True, slots=True)
class ChainTarget:
    """The chain of an action that a request is about: `name` is the action's key or number, or the key of the chain."""

    name: str
    stated: bool
    snapshot: Snapshot
    settings: Settings

    @property
    def version(self) -> str | None:
        """The release that links from the answer stay in, if the request names its version."""
        return self.snapshot.version if self.snapshot.pinned else None

    def address(self, suffix: str = "", *, stated: bool | None = None) -> str:
        """Return the address of the chain, in the format with this suffix or as negotiated."""
        only = self.stated if stated is None else stated
        given = ({"links": "stated"} if only else {}) | ({"version": self.version} if self.version else {})
        path = f"chain/{quote(self.name, safe='')}{f'.{suffix}' if suffix else ''}"
        return locate(path + (f"?{urlencode(given)}" if given else ""), self.settings)

    def link_to(self, iri: IRI | None) -> str | None:
        """Return the address that a page links a thing to: its page here, else its IRI if that is on the web."""
        if self.snapshot.version is None:  # Files have no pages.
            return str(iri) if iri and is_web_address(iri) else None
        return link_of(iri, self.settings, self.version, root=locate("", self.settings).rstrip("/")) or None

    def names(self, chain: Chain) -> IRI | None:
        """Return the IRI to cite: of the chain, or of the action if it is alone; none for a part of a chain."""
        if chain.alone:
            return chain.steps[0].action
        return chain.iri if self.snapshot.version else None


def render_chain(engine: Engine, target: ChainTarget, chain: Chain, formats: Sequence[Format]) -> bytes:
    """Return the page about `chain`, with links to it in `formats`; `engine` knows which facts are conclusions.

    Raises:
        EngineError: the engine failed.
    """
    things = [thing for step in chain.steps for thing in (step.action, *(team.iri for team in step.teams)) if thing]
    place = {step.action: number for number, step in enumerate(chain.steps, start=1)}
    before, after = defaultdict[IRI, list[Link]](list), defaultdict[IRI, list[Link]](list)
    for link in chain.links:
        before[link.later].append(link)
        after[link.earlier].append(link)
    return render_template(
        "chain.html",
        target=target,
        chain=chain,
        headline=headline(chain),
        summary=summary(chain),
        picture=Markup(as_svg(chain, _anchor, rest="#actions", styled=False)),  # noqa: S704 - it escapes what it shows
        outline=outline(chain),
        place=place,
        before=before,
        after=after,
        step_of={step.action: step for step in chain.steps},
        anchor=_anchor,
        changes=partial(_changes, Lookup(chain)),
        fields=LINKED,
        texts=TEXTS,
        mark=Conclusions(engine, things, target.settings).mark,
        ag=AG,
        cited=target.names(chain),
        formats=formats,
    ).encode()


def links_of(target: ChainTarget, chain: Chain, formats: Sequence[Format]) -> str:
    """Return the Link field of a chain in any format: what to cite, and the other formats (RFC 8288, Signposting)."""
    cited = target.names(chain)
    links = [f'<{cited}>; rel="cite-as"'] if cited else []
    links += [f'<{target.address(other.suffix)}>; rel="alternate"; type="{other.media_type}"' for other in formats]
    return ", ".join(links)


def _anchor(step: Step) -> str:
    return f"#action-{quote(step.key, safe='')}"


def _changes(chain: Lookup, link: Link) -> list[tuple[str, str, str]]:
    """Return the additions and omissions of the later action of a link: (partners, added, National Fund)."""
    return [
        (field.name.replace("_", " "), how, "; ".join(thing.name for thing in things))
        for field, difference in differences(chain, link).items()
        if difference
        for how, things in (("added", difference.added), ("dropped", difference.dropped))
        if things
    ]
