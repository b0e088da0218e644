"""The picture as a file: well formed, safe, and each thing said once."""

import re
from dataclasses import replace
from itertools import product
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_chains import PROBABLE, STATED, any_chains, made_chain

from actiongraph.chains.drawing import as_svg, stylesheet
from actiongraph.chains.model import Chain, Named, Step
from actiongraph.vocabulary import IRI

SVG = "{http://www.w3.org/2000/svg}"
HARMLESS = {"svg", "title", "desc", "style", "g", "a", "rect", "path", "text"}
HOSTILE = '<script>alert(1)</script>" onload="alert(2) ]]> &amp; \x00\x1f\ud800\u202e {{7*7}} </title></svg>'


def read(svg):
    return ElementTree.fromstring(svg)


def boxes(root):
    """The boxes, each as its title and the words in it."""
    return [
        (box.findtext(f"{SVG}title"), " ".join(text.text for text in box.findall(f"{SVG}text")))
        for box in root
        if box.get("class", "").startswith("action")
    ]


def declared(selector):
    """What the style sheet declares for `selector`, whatever the colours of the screen."""
    rules = (rule.partition("{") for rule in stylesheet().split("}"))
    return "; ".join(said.strip() for selectors, _, said in rules if selectors.strip() == selector)


def drawn(root):
    """The classes of lines between boxes: those of the legend go across only."""
    return [
        path.get("class")
        for path in root.iter(f"{SVG}path")
        if path.get("class").startswith("line") and "V" in path.get("d")
    ]


@given(any_chains(most=25))
def test_every_action_appears_once_or_is_counted_in_a_folded_box(chain):
    found = boxes(read(as_svg(chain)))
    shown = [
        step.title
        for step in chain.steps
        if any(title.startswith(step.title) or f". {step.title}" in title for title, _ in found)
    ]
    counted = sum(int(more[1]) for title, _ in found if (more := re.match(r"\+ (\d+) more actions", title)))
    assert len(shown) + counted == len(chain.steps)
    assert len(found) == len(shown) + sum(title.startswith("+ ") for title, _ in found)


def test_a_stated_link_is_solid_and_a_probable_one_dotted():
    assert drawn(read(as_svg(made_chain([("a", "b", STATED)])))) == ["line stated"]
    assert drawn(read(as_svg(made_chain([("a", "b", PROBABLE)])))) == ["line probable"]
    assert sorted(drawn(read(as_svg(made_chain([("a", "b", STATED), ("a", "b", PROBABLE)]))))) == [
        "line probable",
        "line stated",
    ]
    assert "stroke-dasharray: 0 5" in declared(".picture .line.probable")
    assert "dasharray" not in declared(".picture .line") + declared(".picture .line.stated")


def test_a_box_says_number_dates_title_country_and_partner_and_leads_to_its_action():
    chain = made_chain(
        [("2014-12", "b")],
        b={
            "number": "2016-03",
            "title": "Reform of the pension formula",
            "start": "2016-03-09",
            "end": "2017",
            "countries": (Named("Ghana"),),
            "partners": (Named("Ministry of Labour"),),
        },
    )
    [_, box] = read(as_svg(chain)).iter(f"{SVG}a")
    assert box.get("href") == "https://example.org/id/action/b"
    assert [text.text for text in box.findall(f"{SVG}text")] == [
        "2016-03",
        "9 Mar 2016 to 2017",
        "Reform of the pension formula",
        "Ghana",
        "Ministry of Labour",
    ]


def test_a_long_title_is_cut_short_and_stands_whole_in_the_title_of_its_box():
    whole = "Strengthening " * 30 + "at last"
    [(told, shown)] = boxes(read(as_svg(made_chain([], a={"title": whole}))))
    assert whole in told
    assert "…" in shown
    assert "at last" not in shown


def test_a_stub_is_dashed_and_says_that_only_its_number_is_known():
    stub = {"described": False, "title": None, "number": "2014-12"}
    root = read(as_svg(made_chain([("2014-12", "b")], **{"2014-12": stub})))
    [box] = [box for box in root if box.get("class") == "action stub"]
    assert "mentioned only by number" in [text.text for text in box.findall(f"{SVG}text")]
    assert re.search(r"\.stub rect \{[^}]*stroke-dasharray", stylesheet())


def test_an_open_end_a_loop_and_a_contradicted_date_are_said_in_words():
    chain = made_chain(
        [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "d")], {"c": "2016", "d": "2014"}, a={"open_end": True}
    )
    words = [shown for _, shown in boxes(read(as_svg(chain)))]
    assert "follows an unnamed action" in words[0]
    assert ["in a loop of 2" in text for text in words] == [False, True, True, False]
    assert "follows itself" in words[3]
    assert "dated before what it follows" in words[3]


def test_the_axis_names_each_year_once_and_none_where_none_is_known():
    years = [
        text.text
        for text in read(as_svg(made_chain([("a", "b"), ("b", "c")], {"a": "2014", "b": "2014", "c": "2016"}))).iter(
            f"{SVG}text"
        )
        if text.get("class") == "year"
    ]
    assert years == ["2014", "2016"]
    undated = read(as_svg(made_chain([("a", "b")])))
    assert not [
        text
        for text in undated.iter(f"{SVG}text")
        if text.get("class") in ("year", "remark") and text.text == "undated"
    ]


def test_nothing_but_shapes_text_and_links_and_nothing_is_fetched():
    root = read(as_svg(made_chain([("a", "b")], {"a": "2014"}, b={"described": False})))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == HARMLESS
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "src")]
    assert not re.search(r"url\(|@import|@font-face", stylesheet())


@pytest.mark.parametrize("where", ["title", "number", "start", "countries", "partners", "key"])
def test_hostile_words_are_shown_and_do_nothing(where):
    value = (Named(HOSTILE),) if where in ("countries", "partners") else HOSTILE
    root = read(as_svg(made_chain([("a", "b")], a={where: value, **({"title": None} if where == "key" else {})})))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= HARMLESS
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
    assert any("alert(1)" in told for told, _ in boxes(root))


def test_a_hostile_key_is_only_told():
    root = read(as_svg(replace(made_chain([("a", "b")]), key=HOSTILE), lambda _: f"/chain/{HOSTILE}"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= HARMLESS


@given(st.text(max_size=60))
def test_any_title_gives_a_well_formed_picture(title):
    read(as_svg(made_chain([("a", "b")], b={"title": title, "number": title})))


@pytest.mark.parametrize("iri_", ["javascript:alert(1)", "urn:x", "data:text/html,x", "file:///etc/passwd"])
def test_an_action_whose_name_is_no_web_address_has_no_link(iri_):
    root = read(as_svg(Chain("a", (Step(IRI(iri_), "a", title="A"),), ())))
    assert not list(root.iter(f"{SVG}a"))
    assert [told for told, _ in boxes(root)] == ["A"]


def test_links_lead_where_the_caller_says_and_the_folded_to_the_rest():
    chain = made_chain([("a", f"b{number}") for number in range(9)])
    root = read(as_svg(chain, lambda step: f"/there?key={step.key}&x", rest="#steps"))
    assert [box.get("href") for box in root.iter(f"{SVG}a")] == [
        *(f"/there?key={key}&x" for key in ("a", "b0", "b1", "b2", "b3")),
        "#steps",
    ]
    assert boxes(root)[-1] == ("+ 5 more actions. Ghana", "+ 5 more actions Ghana")


def test_those_who_cannot_see_it_are_told_what_it_is():
    root = read(as_svg(made_chain([("a", "b", PROBABLE)])))
    assert root.get("role") == "group"
    about = {child.get("id"): child.text for child in root if child.get("id")}
    assert [about[name] for name in root.get("aria-labelledby").split()] == [
        "Chain a",
        "Actions: 2. Links: 1, of which probable: 1. Lower actions follow those above; each box links to its action.",
    ]


def test_the_style_sheet_is_inside_unless_the_page_brings_it():
    chain = made_chain([("a", "b")])
    assert stylesheet() in as_svg(chain)
    assert "<style" not in as_svg(chain, styled=False)
    rules = re.sub(r"@media [^{]*\{", "", stylesheet())
    for rule in re.findall(r"([^{}]+)\{", rules):
        assert all(selector.strip().startswith(".picture") for selector in rule.split(","))


def luminance(colour):
    """Source: WCAG 2.2, relative luminance."""
    parts = [
        int(part * 2 if len(part) == 1 else part, 16) / 255 for part in re.findall("." * (len(colour) // 3), colour)
    ]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_text_can_be_read_in_light_and_dark_and_paper_is_light():
    light, _, dark = stylesheet().partition("@media screen and (prefers-color-scheme: dark)")
    assert "dark)" not in light
    for rules in (light, dark.partition("@media print")[0]):
        grounds = re.findall(r"(?:background|\.picture rect \{ fill): #(\w+)", rules)
        texts = re.findall(r"^ *\.picture [^{]*(?:text|\.dates|\.remark)[^{]*\{[^}]*fill: #(\w+)", rules, re.MULTILINE)
        assert (len(grounds), len(texts) >= 3) == (2, True)
        for ground, text in product(map(luminance, grounds), map(luminance, texts)):
            assert (max(ground, text) + 0.05) / (min(ground, text) + 0.05) >= 4.5


def test_a_picture_of_two_hundred_in_one_family_is_no_wider_than_a_page():
    family = made_chain(
        [("a", f"b{number:03}") for number in range(199)],
        {"a": "2010"} | {f"b{number:03}": str(2011 + number % 5) for number in range(199)},
    )
    assert float(read(as_svg(family)).get("width")) < 1_100


def test_the_action_that_was_asked_for_is_marked_and_all_else_stays_as_it_is():
    chain = made_chain([("a", "b"), ("b", "c", PROBABLE)])
    plain, marked = as_svg(chain), as_svg(chain, here=chain.steps[1].action)
    assert "here" not in plain
    [box] = [each for each in read(marked).iter() if each.get("class") == "action here"]
    assert box.findtext(f"{SVG}title") == "Title of b. Ghana. You are here"
    [tag] = [each for each in read(marked) if each.get("class") == "you"]
    assert "".join(tag.itertext()).strip() == "you are here"
    left = re.sub(r'<g class="you".*?</g>\n', "", marked, flags=re.DOTALL)
    assert left.replace('"action here"', '"action"').replace(". You are here", "") == plain
