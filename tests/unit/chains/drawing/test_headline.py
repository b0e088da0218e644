"""A chain in a few words, against sentences written beforehand."""

from dataclasses import replace

import pytest
from made_chains import PROBABLE, STATED, made_chain

from actiongraph.chains.model import Named
from actiongraph.chains.outline import beginning, summary
from actiongraph.text import ordinal

KENYA, PERU = {"countries": (Named("Kenya"),)}, {"countries": (Named("Peru"),)}


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (made_chain([("a", "b")]), "2 actions in Ghana, joined by 1 stated link."),
        (made_chain([("a", "b", PROBABLE)], b=KENYA), "2 actions in Ghana and Kenya, joined by 1 probable link."),
        (
            made_chain(
                [("a", "b"), ("b", "c", PROBABLE)], {"a": "2014-03", "b": "2014", "c": "2018-01-01"}, b=KENYA, c=PERU
            ),
            "3 actions in Ghana, Kenya and Peru, started between 2014 and 2018, joined by 2 links, 1 of them probable.",
        ),
        (
            made_chain([("a", "b"), ("a", "c")], {"a": "2014"}),
            "3 actions in Ghana, started in 2014 where known, joined by 2 stated links.",
        ),
        (
            made_chain([("a", "b", STATED)], a={"countries": ()}, b={"countries": ()}),
            "2 actions, joined by 1 stated link.",
        ),
        (made_chain([], {"a": None}), "No follow-up links to or from this action are known."),
        (
            replace(made_chain([], {"a": None}), probable=False),
            "No stated follow-up links to or from this action are known.",
        ),
    ],
)
def test_one_sentence(chain, said):
    assert summary(chain) == said


def test_what_a_chain_begins_with():
    stub = {"title": None, "number": "2014-12", "described": False}
    assert beginning(made_chain([("a", "b")], a=stub)) == "2014-12"
    assert beginning(made_chain([("a", "c"), ("b", "c")])) == "Title of a and 1 other"
    assert beginning(made_chain([("a", "d"), ("b", "d"), ("c", "d")])) == "Title of a and 2 others"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (112, "112th"),
        (1_003, "1,003rd"),
    ],
)
def test_a_place_is_counted_as_people_count(number, said):
    assert ordinal(number) == said
