"""Documents for hypothesis: profiles, good ones and those that are almost good."""

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from support.payment.profiles import a_full_document, places, set_at

# Whole documents take their time where others need the machine as well.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70),
    st.integers(),
    st.sampled_from([0.0, 1.0, 2.0, 0.5, -0.5, 99.5, 1e15, 1e300, 400, 503]),
    st.sampled_from(
        ["", "a", "busy", "customer-2", "A", "-", "USD", "Expired", "Reset", "Ignore", "1e3"]
    ),
    st.sampled_from(["2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "2026"]),
    st.text(alphabet="aZ0-_. ü\n", max_size=70),
)
keys = st.one_of(
    st.sampled_from(["accept", "decline", "fault", "status", "fixed", "seconds", "min", "burst"]),
    st.text(alphabet="aZ0-_. ü", max_size=5),
)
parts = st.sampled_from(
    [
        {"seconds": 1},
        {"reason": "Generic"},
        {"code": 500},
        {"reply": "Never"},
        {"concurrent": 1},
        {"min": 3},
        {"min": "12.50"},
        {"min": "999999999999999.99", "max": "999999999999999.98"},
        {"name": "b", "accept": True},
        {"name": "c", "fault": {"slowBody": {"seconds": 0}}},
        {"medianSeconds": 1, "sigma": 0},
        {"minSeconds": 2, "maxSeconds": 1},
    ]
    # A later change of the document may be made inside of it.
).map(deepcopy)
values = st.recursive(
    scalars | parts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """A good document in which up to two places were replaced, taken out, or added to."""
    document = a_full_document()
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(sorted(places(document))))
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "add":
            place = place.rpartition(".")[0]
            key = draw(keys).replace(".", "-")
            place, change = (f"{place}.{key}" if place else key), "replace"
        try:
            set_at(document, place, ... if change == "remove" else draw(values))
        except (KeyError, TypeError, ValueError, IndexError):
            continue  # a list has no names, and what was replaced no members
    return document


def _ordered(numbers: st.SearchStrategy[Any], low: str, high: str) -> st.SearchStrategy[Any]:
    both = st.tuples(numbers, numbers).map(sorted)
    return both.map(lambda pair: {low: pair[0], high: pair[1]})


def _range_of_amounts() -> st.SearchStrategy[dict[str, str]]:
    cents = st.integers(0, 10**17 - 1)
    both = _ordered(cents, "min", "max")
    return both.map(lambda ends: {end: f"{of // 100}.{of % 100:02}" for end, of in ends.items()})


_rates = st.floats(0, 1)
_seconds = st.floats(0, 3600)
_counts = st.integers(1, 2**31 - 1)
_customers = st.lists(st.integers(1, 2**63 - 1), min_size=1, max_size=3)
_texts = st.text(max_size=64).filter(lambda text: text.isprintable())
_matches = st.fixed_dictionaries(
    {},
    optional={
        "customers": _customers,
        "currencies": st.lists(_texts, min_size=1, max_size=3),
        "amount": _range_of_amounts(),
        "attempts": _ordered(_counts, "min", "max"),
    },
)
_faults = st.one_of(
    st.sampled_from([{"status": {"code": 503}}, {"connection": {"reply": "Never"}}]),
    st.builds(lambda seconds: {"slowBody": {"seconds": seconds}, "charged": True}, _seconds),
)
_outcomes = st.one_of(
    st.just({"accept": True}),
    st.just({"decline": {"reason": "Expired"}}),
    _faults.map(lambda fault: {"fault": fault}),
)
_when = st.sampled_from(
    [
        {"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00.5-23:59"},
        {"until": "1000-01-01T00:00:00+23:59"},
        {},
    ]
)
_selections = st.fixed_dictionaries(
    {}, optional={"match": _matches, "skip": _counts, "times": _counts, "rate": _rates}
)
_latencies = st.one_of(
    _seconds.map(lambda seconds: {"fixed": {"seconds": seconds}}),
    _ordered(_seconds, "minSeconds", "maxSeconds").map(lambda both: {"uniform": both}),
)


@st.composite
def _entries(draw: st.DrawFn, outcomes: st.SearchStrategy[Any]) -> list[dict[str, Any]]:
    names = draw(st.lists(st.from_regex("[a-z0-9]{1,8}", fullmatch=True), unique=True, max_size=4))
    return [{"name": name} | draw(_selections) | draw(_when) | draw(outcomes) for name in names]


good_documents = st.fixed_dictionaries(
    {"successRate": _rates},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "declineReason": st.sampled_from(["Generic", "Expired"]),
        "rules": _entries(_outcomes),
        "faults": _entries(_faults.map(lambda fault: {"fault": fault})),
        "latency": _latencies,
        "limits": st.just({"perSecond": 0.5, "burst": 2}) | st.just({"concurrent": 1}),
        "idempotency": st.just({}) | st.just({"ttlSeconds": 1}),
        "duplicates": st.just({}) | st.just({"mode": "Ignore"}),
    },
)
"""Profiles that payment takes, with anything in them."""
