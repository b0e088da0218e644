"""The days that a date can mean, and the days between two of them, worked out by hand on a calendar."""

from datetime import date

import pytest

from actiongraph.chains.dates import Gap, date_span, gap_between


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2014-03-05", date(2014, 3, 5), date(2014, 3, 5)),
        ("2014-03-05Z", date(2014, 3, 5), date(2014, 3, 5)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2015-12+01:00", date(2015, 12, 1), date(2015, 12, 31)),
        ("2014", date(2014, 1, 1), date(2014, 12, 31)),
    ],
)
def test_a_date_spans_all_the_days_it_can_mean(written: str, first: date, last: date):
    assert date_span(written) == (first, last)


@pytest.mark.parametrize(
    "written", ["", "soon", "2014-13", "2015-02-29", "14-01", "2014-1-1", "-0044", "0000", "20140305"]
)
def test_what_is_no_date_spans_nothing(written: str):
    assert date_span(written) is None


@pytest.mark.parametrize(
    ("start", "end", "following", "gap"),
    [
        ("2014-01-01", "2014-03-05", "2014-03-10", Gap(5, 5)),
        ("2014-01-01", "2014-03-05", "2014-03-05", Gap(0, 0)),
        ("2014-01-01", "2014-03-05", "2014-03-01", Gap(-4, -4)),
        (None, "2014-02", "2014-03", Gap(1, 58)),
        (None, "2014", "2014", Gap(-364, 364)),
        (None, "2015", "2017-01-01", Gap(367, 731)),
        ("2014-03-01", None, "2014-03-31", Gap(30, 30, from_end=False)),
        ("2014-03", "soon", "2014-04-01", Gap(1, 31, from_end=False)),
        (None, None, "2014-03-31", None),
        ("2014-03-01", "2014-03-02", None, None),
        ("2014-03-01", "2014-03-02", "later", None),
    ],
)
def test_a_gap_is_as_precise_as_the_dates_and_no_more(start, end, following, gap):
    assert gap_between(start, end, following) == gap


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (Gap(5, 5), "5 days after its end"),
        (Gap(1, 1, from_end=False), "1 day after its start"),
        (Gap(0, 0), "0 days after its end"),
        (Gap(27, 56), "27 to 56 days after its end"),
        (Gap(-4, -4), "4 days before its end"),
        (Gap(-9, -1), "1 to 9 days before its end"),
        (Gap(-364, 364), "between 364 days before and 364 days after its end"),
    ],
)
def test_a_gap_in_words(gap, said):
    assert str(gap) == said
