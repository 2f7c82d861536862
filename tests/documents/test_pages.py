"""Every command of the pages, run as printed, and every output that they show.

`pytest tests/documents --write-outputs` writes what was really printed into the pages.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_dev.tree import ROOT
from documents.scene import Scene
from support.cases import cases
from support.cluster.limits import NOTICED, ROLLOUT
from support.documents.commands import commands
from support.documents.outputs import Output
from support.documents.pages import DOCS, README, Block, blocks, first_words, name, pages
from support.documents.session import Ran, Session

# Speaks of two services on this machine, not of a cluster: it has a test of its own.
LOCAL = DOCS / "how-to/local.md"
# A line for each task, with the command that its own page explains.
OVERVIEW = DOCS / "how-to/README.md"
# What a page is about, where the stack has to be in trouble for its commands to do anything.
TROUBLE: dict[str, Callable[[Scene], None]] = {
    "docs/runbooks/BillingInvoicesReset.md": Scene.lose_payments,
}
# Its own stack is what its reader goes on with.
LEAVES_A_STACK = {name(README)}
# Beside what a block itself waits for: a first build of the images included.
_BLOCK_SECONDS = 600.0
_TIME_OUT = re.compile(r"--timeout=(\d+)(m|s)\b")

pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True, slots=True)
class Step:
    """A command that was run, and the block that has it."""

    block: Block
    ran: Ran


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page, "sh") if block.info == "sh"]


def read_in_order() -> list[str]:
    """The pages with commands: first what a newcomer reads, since it starts the cluster."""
    first = [README, DOCS / "tutorial.md"]
    rest = [page for page in pages() if page not in first]
    return [name(page) for page in first + rest if runnable(page) and page != LOCAL]


@pytest.mark.parametrize("which", cases("the commands of {0} work", read_in_order()))
def test_a_page_can_be_followed_as_printed(
    which: str,
    scene: Scene,
    environment: Mapping[str, str],
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    page, before = ROOT / which, scene.spec()
    if which in TROUBLE:
        TROUBLE[which](scene)
    with Session(ROOT, environment, tmp_path / "printed") as session:
        ran = [one for block in runnable(page) for one in followed(session, block)]
    if pytestconfig.getoption("--write-outputs"):
        write_outputs(page, ran)
    assert differences(page, ran) == []
    assert scene.spec() == before
    assert which in LEAVES_A_STACK or scene.left() == set()


def test_the_page_of_make_local_can_be_followed_beside_it(
    environment_of_local: Mapping[str, str], tmp_path: Path
) -> None:
    """On free ports, and with a folder of its own, in place of the usual ones."""
    here = {
        ":9000": f":{environment_of_local['PAYMENT_PORT']}",
        ":8000": f":{environment_of_local['ANTAEUS_PORT']}",
        ".local/": f"{environment_of_local['LOCAL_FOLDER']}/",
    }
    with Session(ROOT, environment_of_local, tmp_path / "printed") as session:
        session.run("make local &", within=NOTICED)
        eventually(session.printed, lambda said: "Ctrl-C" in said, within=ROLLOUT)
        ran = [one for block in runnable(LOCAL) for one in followed(session, block, here)]

    assert len(ran) > 15
    assert differences(LOCAL, ran) == []


def test_every_command_of_the_overview_is_taken_by_the_cluster(
    scene: Scene, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Without its effect, since the page of each command shows what it does."""
    before = scene.spec()
    shown = [line for line in first_words(OVERVIEW, column=1) if line.startswith("kubectl ")]
    # Which one of them reads.
    (tmp_path / "recipe.yaml").write_text("spec: {payment: {successRate: 1}}")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    with Session(tmp_path, environment, tmp_path / "printed") as session:
        for command in shown:
            reads = command.split()[1] in ("get", "describe")
            done = session.run(command if reads else f"{command} --dry-run=server", within=NOTICED)
            assert done.code == 0, f"$ {command}\n{done.printed}"

    assert len(shown) > 10
    assert scene.spec() == before


def followed(
    session: Session, block: Block, here: Mapping[str, str] | None = None
) -> Iterator[Step]:
    """Runs the commands of a block, and fails at the first that does not end well in time.

    Args:
        here: what takes the place of words of the page.
    """
    text = block.text
    for word, other in (here or {}).items():
        text = text.replace(word, other)
    for command in commands(text):
        done = session.run(command, within=bound(command))
        told = f"{block.page}:{block.line}\n$ {command}\n{done.printed}"
        print(told)
        assert done.code is not None, f"not over after {bound(command):g} s: {told}"
        assert done.code == 0, f"ended with {done.code}: {told}"
        yield Step(block, done)


def bound(command: str) -> float:
    """Seconds that a command may take, its own time-outs included."""
    waits = (int(n) * {"m": 60, "s": 1}[unit] for n, unit in _TIME_OUT.findall(command))
    return _BLOCK_SECONDS + sum(waits)


def outputs(page: Path) -> Iterator[tuple[Block, Output]]:
    for block in blocks(page, "text", "console"):
        output = Output.named(block.before)
        assert output is not None, f"{block.page}:{block.line}: of which command is this?"
        yield block, output


def printed_above(block: Block, output: Output, ran: Sequence[Step]) -> str:
    """What the command printed when it was run last before the block that shows its output."""
    found = [
        step.ran.printed
        for step in ran
        if step.block.line < block.line and output.is_of(step.ran.command)
    ]
    assert found, f"{block.page}:{block.line}: no block above runs {output.command}"
    return found[-1]


def differences(page: Path, ran: Sequence[Step]) -> list[str]:
    """Outputs that were not printed as they are shown."""
    return [
        f"{block.page}:{block.line} shows\n{block.text}\nbut this was printed:\n{printed}"
        for block, output in outputs(page)
        if not output.agrees(block.text, printed := printed_above(block, output, ran))
    ]


def write_outputs(page: Path, ran: Sequence[Step]) -> None:
    """Puts what was printed in the place of what is shown."""
    text = page.read_text()
    for block, output in outputs(page):
        real = output.real(block.text, printed_above(block, output, ran))
        above = f"{block.before}\n"
        head, _, rest = text.partition(above)
        assert rest.count(block.text), f"{block.page}:{block.line}"
        text = head + above + rest.replace(block.text, real, 1)
    page.write_text(text)
