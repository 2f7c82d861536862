"""What the Ready condition of a stack says: a chain of checks, of which the first that holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from billing_dev.diagrams.canvas import LINE, Canvas, Look, folded
from billing_dev.diagrams.vocabulary import checks
from billing_operator.reasons import Reason

TITLE = "The states of a stack"
_WIDTH, _TOP, _GAP = 880, 92, 22
_LANE_X, _LANE_WIDTH = 16, 848
_CHECK_X, _CHECK_WIDTH = 30, 310
# Of each column: where it begins, how wide it is, and what stands above it.
_COLUMNS: dict[Look, tuple[int, int, str, str]] = {
    "stalled": (362, 136, "Stalled=True", "a person must act"),
    "reconciling": (514, 190, "Reconciling=True", "it passes by itself"),
    "ready": (720, 130, "Ready=True", "as the spec wants it"),
}
_PILL = 29


@dataclass(frozen=True, slots=True)
class Says:
    """The reasons that a check may give, by which other condition is true with it."""

    stalled: tuple[str, ...] = ()
    reconciling: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()

    def of(self, look: Look) -> tuple[str, ...]:
        """Those of one column."""
        return {"stalled": self.stalled, "reconciling": self.reconciling, "ready": self.ready}[look]


def says() -> Mapping[str, Says]:
    """What each check of the chain may say, by its name."""
    return {
        "fault": Says(
            stalled=(
                Reason.APPLY_REJECTED,
                Reason.NAME_CONFLICT,
                Reason.TOKEN_INVALID,
                Reason.TOKEN_CHANGED,
                Reason.TOKEN_LOST,
                Reason.FORBIDDEN,
            ),
            reconciling=(
                Reason.PREVIOUS_STACK_TERMINATING,
                Reason.CONCURRENT_WRITER,
                Reason.CONFLICT,
                Reason.NOT_FOUND,
                Reason.API_SERVER_ERROR,
                Reason.API_SERVER_UNREACHABLE,
            ),
        ),
        "refused_profile": Says(stalled=(Reason.PROFILE_REFUSED,)),
        "stuck_part": Says(stalled=(Reason.PODS_UNHEALTHY,)),
        "suspended": Says(stalled=(Reason.SUSPENDED,)),
        "rotating": Says(reconciling=(Reason.TOKEN_ROTATING,)),
        "rolling_out": Says(
            reconciling=(
                Reason.CREATING,
                Reason.ANTAEUS_STARTING,
                Reason.PAYMENT_ROLLING_OUT,
                Reason.HIBERNATING,
                Reason.PODS_UNHEALTHY,
            )
        ),
        "unseen": Says(stalled=(Reason.PODS_UNSEEN,)),
        "hibernating": Says(reconciling=(Reason.HIBERNATING,), ready=(Reason.HIBERNATED,)),
        "held": Says(reconciling=(Reason.UPDATE_HELD,)),
        "profile": Says(reconciling=(Reason.PROFILE_UPDATING,)),
    }


_ELSE = ("all_ready", "None of these holds.", Says(ready=(Reason.ALL_READY,)))


def stack_states() -> str:
    """The picture."""
    reasons_of = says()
    rows = [(name, sentence, reasons_of[name]) for name, sentence in checks()]
    rows.append(_ELSE)
    heights = [_height(sentence, of) for _, sentence, of in rows]
    canvas = Canvas(_WIDTH, _TOP + sum(heights) + _GAP * (len(rows) - 1) + 24)
    _headings(canvas)
    y = _TOP
    for number, ((name, sentence, of), height) in enumerate(zip(rows, heights, strict=True), 1):
        _row(canvas, y, height, (f"{number}. {_in_words(name)}", sentence, of))
        y += height
        if number < len(rows):
            canvas.arrow((_CHECK_X + 8, y), (_CHECK_X + 8, y + _GAP - 1))
            canvas.quiet(_CHECK_X + 20, y + 15, ["otherwise"])
        y += _GAP
    return canvas.svg(TITLE, _described(rows))


def _headings(canvas: Canvas) -> None:
    canvas.heading(_CHECK_X, 34, "What the condition Ready says")
    canvas.quiet(_CHECK_X, 56, ["In this order: the first that holds gives the reason."])
    for x, width, condition, meaning in _COLUMNS.values():
        canvas.heading(x + width / 2, 56, condition, "middle")
        canvas.quiet(x + width / 2, 56 + LINE, [meaning], "middle")


def _row(canvas: Canvas, y: float, height: float, what: tuple[str, str, Says]) -> None:
    heading, sentence, of = what
    canvas.box(_LANE_X, y, _LANE_WIDTH, height)
    lines = _lines(sentence)
    top = y + (height - _words_height(lines)) / 2
    canvas.heading(_CHECK_X, top + 14, heading)
    canvas.quiet(_CHECK_X, top + 14 + LINE + 2, lines)
    for look, (x, width, _, _) in _COLUMNS.items():
        reasons = of.of(look)
        first = y + (height - _PILL * len(reasons) + _PILL - 24) / 2
        for place, word in enumerate(reasons):
            canvas.pill(x, first + place * _PILL, width, word, look)


def _words_height(lines: list[str]) -> int:
    return 20 + LINE * len(lines)


def _height(sentence: str, of: Says) -> int:
    words = _words_height(_lines(sentence)) + 16
    pills = max(len(of.of(look)) for look in _COLUMNS)
    return max(words, pills * _PILL + 10)


def _lines(sentence: str) -> list[str]:
    return folded(sentence, _CHECK_WIDTH)


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _described(rows: list[tuple[str, str, Says]]) -> str:
    sentences = []
    for number, (_, sentence, of) in enumerate(rows, 1):
        reasons = (
            f"{', '.join(of.of(look))} with {condition}"
            for look, (_, _, condition, _) in _COLUMNS.items()
            if of.of(look)
        )
        sentences.append(f"{number}. {sentence} Reason: {'; '.join(reasons)}.")
    return " ".join(sentences)
