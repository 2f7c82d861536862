"""What becomes of a billing run: it waits, runs, ends, and may leave a batch that is unresolved."""

from collections.abc import Mapping

from billing_dev.diagrams.canvas import LINE, Canvas, Look, folded
from billing_dev.diagrams.vocabulary import outcomes, waits

TITLE = "The states of a billing run"
# Until when a run waits, by the name of the reason.
UNTIL: Mapping[str, str] = {
    "SUSPENDED": "until spec.suspend is false",
    "HIBERNATED": "until spec.hibernate is false",
    "RUN_UNDER_WAY": "until the run before it has ended",
    "TOKEN_ROTATING": "until the token is replaced",
    "INVOICES_RESET": "until a person acknowledges it",
    "UNRESOLVED_RUN": "until that run is resolved",
    "UNMANAGED_PAY_CALL": "until that call has ended",
    "NO_PAYMENT_POD": "until a payment pod is ready",
    "NOT_READY": "until the stack is Ready",
    "INVOICES_UNKNOWN": "until Antaeus tells its invoices",
    "ACTIVITY_UNKNOWN": "until payment tells its charges",
    "STATUS_LOST": "until the past is certain",
    "RUNS_UNKNOWN": "until the Jobs can be read",
    "NO_CRON_JOB": "until a person deletes it",
}
# Orange is what a Warning Event tells.
LOOKS: Mapping[str, Look] = {
    "Succeeded": "ready",
    "Declined": "reconciling",
    "Refused": "stalled",
    "Incomplete": "stalled",
    "NotSent": "stalled",
    "Unknown": "stalled",
}
_WIDTH = 880
_WAITING_X, _WAITING_WIDTH, _TOP = 20, 370, 92
_RUNNING_X, _RUNNING_WIDTH = 452, 130
_END_X, _END_WIDTH = 644, 216
_ROW, _GAP = 26, 14
_SKIPPED = (
    "It could not begin within spec.billing.startingDeadlineSeconds, its time was before the "
    "schedule was set or was removed, or its Job was suspended after it had begun. The Job is "
    "deleted."
)
_UNRESOLVED = "Antaeus may still go on with the batch, or nobody could read what came of it."
_RESOLVED = (
    "Nothing has moved for the quiet period, its Antaeus and its pod have gone, or a person has "
    "acknowledged the run."
)
_LEGEND = "Orange is what a Warning Event tells."
# What stands below the rest: where it begins, how wide it is, what it means.
_BELOW: Mapping[str, tuple[int, int, str, Look]] = {
    "Skipped": (_WAITING_X, 300, _SKIPPED, "stalled"),
    "Resolved": (356, 244, _RESOLVED, "ready"),
    "Unresolved": (_END_X, _END_WIDTH, _UNRESOLVED, "stalled"),
}
_WARNED = ("INVOICES_RESET",)


def run_states() -> str:
    """The picture."""
    ends = _ends()
    bottom = max(_TOP + _waiting_height(), ends[-1][0] + ends[-1][1])
    canvas = Canvas(_WIDTH, bottom + 36 + _below_height() + 44)
    canvas.heading(20, 34, "What becomes of a billing run")
    canvas.dot(_WAITING_X + 30, 58)
    canvas.quiet(
        _WAITING_X + 46, 62, ["a Job is made from the CronJob, by its schedule or by hand"]
    )
    canvas.arrow((_WAITING_X + 30, 58), (_WAITING_X + 30, _TOP))
    _waiting(canvas)
    _running(canvas)
    _outcomes(canvas, ends)
    _below(canvas, ends, bottom + 36)
    return canvas.svg(TITLE, _described())


def _waiting_height() -> int:
    return 56 + _ROW * len(waits()) + 8


def _middle() -> float:
    return _TOP + _waiting_height() / 2


def _waiting(canvas: Canvas) -> None:
    canvas.box(_WAITING_X, _TOP, _WAITING_WIDTH, _waiting_height())
    canvas.heading(_WAITING_X + 12, _TOP + 22, "Waiting")
    canvas.quiet(_WAITING_X + 12, _TOP + 41, ["its Job is suspended, for one of these reasons:"])
    for number, (name, word) in enumerate(waits()):
        y = _TOP + 56 + _ROW * number + 17
        look: Look = "stalled" if name in _WARNED else "reconciling"
        canvas.word(_WAITING_X + 12, y, word, look)
        canvas.quiet(_WAITING_X + 160, y, [UNTIL[name]])


def _running(canvas: Canvas) -> None:
    y = _middle()
    canvas.arrow((_WAITING_X + _WAITING_WIDTH, y), (_RUNNING_X, y))
    canvas.quiet((_WAITING_X + _WAITING_WIDTH + _RUNNING_X) / 2, y - 10, ["none left"], "middle")
    canvas.box(_RUNNING_X, y - 44, _RUNNING_WIDTH, 88, "reconciling")
    canvas.heading(_RUNNING_X + _RUNNING_WIDTH / 2, y - 20, "Running", "middle")
    lines = ["one at a time;", "its pod sends", "one pay call"]
    canvas.quiet(_RUNNING_X + _RUNNING_WIDTH / 2, y, lines, "middle")


def _ends() -> list[tuple[int, int, str, list[str]]]:
    """Where each outcome stands, how high it is, its word and what it means."""
    rows, y = [], 34
    for word, sentence in outcomes():
        lines = folded(sentence, _END_WIDTH - 24)
        height = 28 + LINE * len(lines) + 6
        rows.append((y, height, word, lines))
        y += height + _GAP
    return rows


def _outcomes(canvas: Canvas, ends: list[tuple[int, int, str, list[str]]]) -> None:
    trunk = (_RUNNING_X + _RUNNING_WIDTH + _END_X) / 2
    for y, height, word, lines in ends:
        middle = y + height / 2
        start = (_RUNNING_X + _RUNNING_WIDTH, _middle())
        canvas.arrow(start, (trunk, _middle()), (trunk, middle), (_END_X, middle))
        canvas.box(_END_X, y, _END_WIDTH, height, LOOKS[word])
        canvas.word(_END_X + 12, y + 20, word, LOOKS[word])
        canvas.quiet(_END_X + 12, y + 38, lines)


def _below(canvas: Canvas, ends: list[tuple[int, int, str, list[str]]], y: float) -> None:
    last, height, _, _ = ends[-1]
    canvas.arrow((_END_X + 30, last + height), (_END_X + 30, y))
    canvas.arrow((_WAITING_X + 30, _TOP + _waiting_height()), (_WAITING_X + 30, y))
    for heading, (x, width, text, look) in _BELOW.items():
        canvas.box(x, y, width, _below_height(), look)
        canvas.heading(x + 12, y + 22, heading)
        canvas.quiet(x + 12, y + 41, folded(text, width - 24))
    middle = y + _below_height() / 2
    x, width, _, _ = _BELOW["Resolved"]
    canvas.arrow((_END_X, middle), (x + width, middle))
    canvas.quiet(_WAITING_X, y + _below_height() + 26, [_LEGEND])


def _below_height() -> int:
    lines = max(len(folded(text, width - 24)) for _, width, text, _ in _BELOW.values())
    return 28 + LINE * lines + 8


def _described() -> str:
    reasons = ", ".join(f"{word} {UNTIL[name]}" for name, word in waits())
    ends = " ".join(f"{word}: {sentence}" for word, sentence in outcomes())
    return (
        f"A run waits, with one of these reasons: {reasons}. It runs once there is none, and ends "
        f"as one of these. {ends} After Unknown it is unresolved: {_UNRESOLVED} It is resolved "
        f"once one of these is true. {_RESOLVED} A run that waits may be skipped. {_SKIPPED}"
    )
