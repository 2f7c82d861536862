"""The recording that is checked in, and the picture made from it."""

from pathlib import Path

from billing_dev.recording.cast import read
from billing_dev.recording.film import film
from billing_dev.recording.svg import svg
from billing_dev.tree import ROOT

CAST = ROOT / "docs/images/ten-seconds.cast"
PICTURE = CAST.with_suffix(".svg")


def picture(cast: Path = CAST) -> str:
    """The picture of a recording."""
    recorded = read(cast.read_text())
    remark = "recorded from a real cluster"
    if recorded.idle_limit is not None:
        remark += f"; waits over {recorded.idle_limit:g} s are cut"
    return svg(film(recorded), title=recorded.title, remark=remark)
