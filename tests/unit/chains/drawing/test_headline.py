"""A chain in a few words, against sentences written beforehand."""

from dataclasses import replace

import pytest
from made_chains import PROBABLE, STATED, made_chain

from actiongraph.chains.model import Named
from actiongraph.chains.outline import headline, summary

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


def test_what_a_page_is_called():
    stub = {"title": None, "number": "2014-12", "described": False}
    assert headline(made_chain([("a", "b")], a=stub)) == "What came of 2014-12"
    assert headline(made_chain([("a", "c"), ("b", "c")])) == "What came of Title of a and 1 other"
    assert headline(made_chain([("a", "d"), ("b", "d"), ("c", "d")])) == "What came of Title of a and 2 others"
