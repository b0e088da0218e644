"""The fields of an action: one table that the reading of chains, their formats and their page go by.

A field that is added here and to `Step` is read, compared, drawn up in every table and graph, and shown on pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import DCTERMS

from actiongraph.vocabulary import AG, IRI


def json_name(attribute: str) -> str:
    """Return the member of JSON objects for an attribute: `assistanceTypes` for `assistance_types`."""
    first, *others = attribute.split("_")
    return first + "".join(word.capitalize() for word in others)


@dataclass(frozen=True, slots=True)
class StepField:
    """A field of an action. `name` is the attribute of `Step` and the column of tables.

    `predicate` has it in the data and `variable` in `steps.rq`; what has no variable is a field of its teams.
    `label` and `page_label` stand before it in plain text and on pages; they are empty where it is shown in a way of
    its own. `is_main`: plain text says so where it is unknown. `is_result`: it came of the action, so it is shown
    last. `compared_as`: the word for it where two actions are compared; empty where they are not. `is_in_brief`: the
    list of all chains needs it, so it is also in `steps-in-brief.rq`.
    """

    name: str
    predicate: IRI
    variable: str = ""
    label: str = ""
    page_label: str = ""
    is_main: bool = False
    is_result: bool = False
    compared_as: str = ""
    is_in_brief: bool = False

    @property
    def json_name(self) -> str:
        """Its member of JSON objects, and its key in GraphML."""
        return json_name(self.name)


NAMES = (
    StepField("number", AG.actionNumber, "number", is_in_brief=True),
    StepField("title", DCTERMS.title, "title", is_in_brief=True),
)
"""Texts that say which action it is."""
THINGS = (
    StepField("countries", AG.country, "country", "Country", "Country", is_main=True, is_in_brief=True),
    StepField("partners", AG.partner, "partner", "Partner", "Partner", is_main=True, compared_as="partner",
                is_in_brief=True),
    StepField("sending_countries", AG.sendingCountry, compared_as="sending country"),
    StepField(
        "assistance_types", AG.assistanceType, "assistance", "Assistance", "Assistance", is_main=True,
        compared_as="assistance", is_in_brief=True,
    ),
    StepField(
        "themes", AG.theme, "theme", "Themes", "Theme", is_main=True, compared_as="theme", is_in_brief=True,
    ),
    StepField("outcomes", AG.outcomeOrganization, "outcome", "Outcome", "Set up or prepared", is_result=True),
    StepField("facilities", AG.underFacility, "facility", "Facility", "Facility"),
)  # fmt: skip
"""Things with names."""
LINKED = tuple(field for field in THINGS if field.variable)
"""The things that the data links to an action itself, not to its teams."""
TEXTS = (
    StepField("start", AG.startDate, "start", is_in_brief=True),
    StepField("end", AG.endDate, "end", is_in_brief=True),
)
"""Texts that say when."""
