"""What has gone wrong once or might, told in happenings: from these the search sets out."""

from typing import Final

from unit.billing_operator.model.simulation import Step

_SLOW_RUN: Final[tuple[Step, ...]] = (("slow payment", 0.0), ("make run", 30.0))
_NEXT: Final[tuple[Step, ...]] = (("acknowledge reset", 1.5), ("make run", 15.0))

STORIES: Final[dict[str, tuple[Step, ...]]] = {
    "two runs": (("make run", 0.4), ("make run", 30.0)),
    "killed in the middle": (("make run", 3.0), ("kill Antaeus", 15.0), ("make run", 15.0)),
    "killed just after the end": (*(("make run", 6.0), ("kill Antaeus", 3.0), ("make run", 15.0)),),
    "drained, and goes on in an ending pod that nobody waits for": (
        *(*_SLOW_RUN, ("cut off run", 1.5), ("drain Antaeus slowly", 3.0), *_NEXT),
    ),
    "drained, and its run waits on": (*_SLOW_RUN, ("drain Antaeus slowly", 3.0), *_NEXT),
    "drained, and its run ends well while the next one answers": (
        *(("make run", 3.0), ("drain Antaeus slowly", 30.0), ("make run", 15.0)),
    ),
    "the Job of a drained one deleted, and its pod goes on": (
        *(*_SLOW_RUN, ("delete run but its pod", 1.5), ("drain Antaeus slowly", 3.0), *_NEXT),
    ),
    "the run's pod killed, and the batch goes on": (
        *(*_SLOW_RUN, ("kill run", 1.5), ("make run", 130.0)),
    ),
    "the Job deleted, and the batch goes on": (
        *(*_SLOW_RUN, ("delete run", 1.5), ("make run", 130.0)),
    ),
    "the Job deleted, and its pod goes on": (
        *(*_SLOW_RUN, ("delete run but its pod", 1.5), ("make run", 130.0)),
    ),
    "the Job deleted before its pod has read its leave": (
        *(("slow kubelet", 15.0), ("slow payment", 0.0), ("make run", 6.0)),
        *(("delete run but its pod", 0.4), ("make run", 40.0)),
    ),
    "the Job deleted before that, and Antaeus killed": (
        *(("make run", 1.05), ("slow kubelet", 0.15), ("fast kubelet", 0.0)),
        *(("delete run but its pod", 0.1), ("kill Antaeus", 10.0), ("make run", 15.0)),
    ),
    "Antaeus killed before the pod has read its leave, and the pod after that": (
        *(("slow payment", 0.0), ("make run", 1.05), ("slow kubelet", 0.15), ("fast kubelet", 0.0)),
        *(("kill Antaeus", 15.0), ("kill run", 3.0), *_NEXT),
    ),
    "suspended and resumed": (*(*_SLOW_RUN, ("suspend and resume run", 15.0), ("make run", 40.0)),),
    "suspended": (*_SLOW_RUN, ("suspend run", 15.0), ("make run", 130.0)),
    "suspended and resumed before it had leave": (
        *(("slow kubelet", 15.0), ("make run", 6.0), ("suspend and resume run", 15.0)),
    ),
    "copied while it pays": (*_SLOW_RUN, ("copy run", 6.0), ("copy run without owner", 15.0)),
    "its pod copied while it pays": (*_SLOW_RUN, ("copy pod of run", 15.0)),
    "copied with what a person said": (
        *(("make run", 0.0), ("say by hand", 0.1), ("begin by hand", 3.0), ("copy run", 15.0)),
    ),
    "begun by hand beside another": (
        *(*_SLOW_RUN, ("make run", 0.4), ("begin by hand", 3.0), ("say by hand", 15.0)),
    ),
    "begun by hand and lost": (
        *(("slow payment", 0.0), ("make run", 0.0), ("say by hand", 0.0), ("begin by hand", 30.0)),
        *(("kill run", 3.0), ("make run", 40.0)),
    ),
    "with leave for one Antaeus, and paid by the next": (
        *(("slow kubelet", 15.0), ("slow payment", 0.0), ("make run", 4.5)),
        *(("kill Antaeus", 0.4), ("fast kubelet", 6.0), ("kill run", 3.0), *_NEXT),
    ),
    "with leave for one, of which the next tells before it is told": (
        *(("make run", 0.4), ("slow payment", 0.0), ("kill Antaeus", 6.0), ("make run", 15.0)),
    ),
    "cut off, and killed while nobody reads": (
        *(("make run", 3.0), ("silence Antaeus", 0.4), ("kill Antaeus", 15.0), ("answer", 0.4)),
        ("make run", 15.0),
    ),
    "of unknown end, and its Antaeus killed while nobody reads": (
        *(("make run", 2.6), ("kill run", 0.7), ("silence Antaeus", 0.3), ("kill Antaeus", 15.0)),
        *(("answer", 0.4), ("make run", 15.0)),
    ),
    "of unknown end, and its Antaeus killed while its watch is late": (
        *(("make run", 2.6), ("kill run", 0.7), ("late watch of Pod", 0.1), ("kill Antaeus", 15.0)),
        ("make run", 15.0),
    ),
    "killed while the operator is away": (
        *(("make run", 3.0), ("operator goes", 0.4), ("kill Antaeus", 15.0)),
        *(("operator comes", 3.0), ("make run", 15.0)),
    ),
    "ended while the operator is away": (
        *(("make run", 1.5), ("operator goes", 15.0), ("operator comes", 3.0), ("make run", 15.0)),
    ),
    "read late, of the one before": (
        *(("make run", 15.0), ("late answers", 6.0), ("kill Antaeus", 6.0), ("make run", 15.0)),
    ),
    "led to the one before": (
        *(("make run", 15.0), ("pin service", 0.0), ("drain Antaeus slowly", 3.0)),
        ("make run", 15.0),
    ),
    "a late watch of pods": (
        *(("make run", 15.0), ("late watch of Pod", 0.0), ("kill Antaeus", 3.0)),
        *(("make run", 6.0), ("acknowledge reset", 0.4), ("make run", 15.0)),
    ),
    "paid directly, then a run": (
        *(("slow payment", 0.0), ("pay directly", 40.0), ("make run", 40.0), ("make run", 40.0)),
    ),
    "paid directly, then the token": (
        *(("slow payment", 0.0), ("pay directly", 40.0), ("silence Antaeus", 30.0)),
        *(("rotate token", 30.0), ("crash operator", 15.0)),
    ),
    "the token in a run": (*_SLOW_RUN, ("rotate token", 40.0)),
    "the token, then a run": (("rotate token", 1.5), ("make run", 15.0), ("make run", 15.0)),
    "the token while payment is silent": (
        *(*_SLOW_RUN, ("silence payment", 0.4), ("cut off run", 3.0), ("rotate token", 40.0)),
    ),
    "the last run unknown, payment silent": (
        *(*_SLOW_RUN, ("cut off run", 1.5), ("silence payment", 0.4), ("make run", 130.0)),
    ),
    "the last run unknown, Antaeus silent": (
        *(*_SLOW_RUN, ("cut off run", 1.5), ("silence Antaeus", 0.4), ("make run", 130.0)),
        ("make run", 15.0),
    ),
    "nobody takes charges": (("no payment", 3.0), ("make run", 15.0), ("payment again", 15.0)),
    "nobody takes charges once it has begun": (
        *(("make run", 0.4), ("no payment", 3.0), ("payment again", 15.0), ("make run", 15.0)),
    ),
    "declined": (
        ("decline all", 0.0),
        ("make run", 15.0),
        ("decline none", 0.0),
        ("make run", 6.0),
    ),
    "Antaeus killed while a decision is looked at once more": (
        *(("make run", 15.0), ("make run", 0.7), ("late at read", 0.6), ("kill Antaeus", 15.0)),
        ("make run", 15.0),
    ),
    "suspended and resumed while a decision is looked at once more": (
        *(("make run", 0.7), ("late at read", 0.6), ("suspend and resume run", 15.0)),
        ("make run", 15.0),
    ),
    "begun, suspended and resumed by hand": (
        *(("make run", 0.0), ("begin by hand", 1.5), ("suspend run", 0.6), ("begin by hand", 15.0)),
    ),
    "paid directly between a decision and the word of it": (
        *(("crash before at annotate", 0.0), ("make run", 3.0), ("operator goes", 0.4)),
        *(("slow payment", 0.0), ("pay directly", 30.0), ("operator comes", 40.0)),
    ),
    "payment silent between a decision and the word of it": (
        *(("crash before at annotate", 0.0), ("make run", 3.0), ("operator goes", 0.4)),
        *(("silence payment", 30.0), ("operator comes", 40.0), ("answer", 15.0)),
    ),
    "suspended between a decision and the word of it": (
        *(("crash before at annotate", 0.0), ("make run", 1.5), ("suspend and resume run", 15.0)),
    ),
    "the token between a decision and the word of it": (
        *(("crash before at annotate", 0.0), ("make run", 1.5), ("rotate token", 15.0)),
    ),
    "acknowledged before its pod has called": (
        *(("slow kubelet", 15.0), ("slow payment", 0.0), ("make run", 7.0)),
        *(("delete run but its pod", 0.4), ("acknowledge run", 0.4), ("make run", 15.0)),
    ),
    "acknowledged, and another made, before its pod has called": (
        *(("make run", 1.05), ("slow kubelet", 0.15), ("delete run but its pod", 0.0)),
        *(("fast kubelet", 0.5), ("acknowledge run", 0.1), ("make run", 15.0)),
    ),
    "begun, suspended and resumed by hand at once": (
        *(("make run", 0.0), ("begin by hand", 0.02), ("suspend run", 0.25)),
        ("begin by hand", 15.0),
    ),
    "nobody answers once a run waits": (
        *(("suspend stack", 0.4), ("make run", 3.0), ("silence payment", 40.0)),
        *(("resume stack", 40.0), ("answer", 15.0)),
    ),
    "Antaeus silent while a run waits": (
        *(("suspend stack", 0.4), ("make run", 3.0), ("silence Antaeus", 40.0)),
        *(("resume stack", 40.0), ("answer", 15.0)),
    ),
    "the status emptied in a run whose end nobody sees": (
        *(*_SLOW_RUN, ("empty status", 3.0), ("kill run", 3.0), ("make run", 40.0)),
    ),
    "the status emptied after a run": (("make run", 6.0), ("empty status", 6.0)),
    "the status emptied in a direct call, and the token": (
        *(("slow payment", 0.0), ("pay directly", 40.0), ("silence Antaeus", 30.0)),
        *(("rotate token", 30.0), ("empty status", 3.0)),
    ),
    "the status emptied after a restart that forgot payments": (
        *(("make run", 15.0), ("kill Antaeus", 15.0), ("make run", 15.0), ("empty status", 3.0)),
    ),
    "the status emptied in a direct call, and Antaeus replaced": (
        *(("slow payment", 0.0), ("pay directly", 40.0), ("rotate token", 30.0)),
        *(("empty status", 3.0), ("drain Antaeus", 40.0)),
    ),
    "a Job deleted while a list of Jobs is on its way": (
        *(("kill Antaeus", 15.0), ("drain Antaeus", 15.0), ("unanswered at call 2", 6.0)),
        *(("slow kubelet", 15.0), ("payment again", 15.0), ("make run", 6.0)),
        ("delete run but its pod", 0.4),
    ),
    "a pod deleted while a list of pods is on its way": (
        *(("late at call 0", 0.4), ("rotate token", 0.8), ("drain Antaeus", 0.0)),
    ),
    "Antaeus killed while the one before it still ends": (
        *(("make run", 2.6), ("drain Antaeus slowly", 15.0), ("kill run", 0.7)),
        *(("late watch of Pod", 0.1), ("kill Antaeus", 15.0)),
    ),
    "begun by hand after it was admitted": (
        *(("late at call 2", 3.0), ("make run", 6.0), ("suspend and resume run", 15.0)),
    ),
    "another image while the batch's Antaeus ends": (
        *(*_SLOW_RUN, ("drain Antaeus slowly", 3.0), ("other image", 40.0)),
    ),
    "no payment, and a copy that nobody owns": (
        *(("no payment", 0.8), ("make run", 30.0), ("copy run without owner", 15.0)),
    ),
    "the status emptied while a rotation waits": (
        *(("silence Antaeus", 30.0), ("rotate token", 30.0), ("empty status", 3.0)),
        ("make run", 30.0),
    ),
    "the status emptied, and Antaeus replaced": (("empty status", 3.0), ("drain Antaeus", 40.0)),
    "a Job deleted while the operator is away": (
        *(("crash before at annotate", 0.0), ("make run", 3.0), ("operator goes", 0.4)),
        *(("delete run but its pod", 15.0), ("pay directly", 30.0)),
    ),
    "a batch that ends in an Antaeus that ends": (*_SLOW_RUN, ("drain Antaeus slowly", 3.0)),
    "paid directly while the operator is away, and another run said by hand": (
        *(("crash before at annotate", 0.0), ("make run", 3.0), ("operator goes", 0.4)),
        *(("slow payment", 0.0), ("pay directly", 30.0), ("make run", 0.4)),
        *(("begin by hand", 3.0), ("say by hand", 15.0)),
    ),
    "two replies lost, and Antaeus killed": (
        *(("lose two replies", 0.4), ("make run", 3.0), ("kill Antaeus", 15.0)),
    ),
    "a run that ends while a late answer is on its way": (
        *(("late answers", 0.8), ("make run", 0.4), ("payment again", 15.0), ("make run", 15.0)),
    ),
    "the status emptied in a batch, and Antaeus killed": (
        *(("make run", 2.6), ("kill run", 0.7), ("crash after at call 0", 3.0)),
        *(("empty status", 0.8), ("kill Antaeus", 15.0)),
    ),
    "the status emptied while a change waits for a batch": (
        *(*_SLOW_RUN, ("other image", 40.0), ("empty status", 3.0)),
    ),
    "two batches at once, and Antaeus replaced": (
        *(("make run", 3.0), ("pay directly", 3.0), ("drain Antaeus slowly", 30.0)),
    ),
    "acknowledged before any watch told of the restart": (
        *(("make run", 15.0), ("late watch of Pod", 3.0), ("kill Antaeus", 3.0)),
        ("acknowledge reset", 1.5),
    ),
    "a watch that tells late what a payment process left": (
        *(("make run", 15.0), ("drain payment", 0.2), ("late watch of Pod", 0.1)),
        ("kill Antaeus", 15.0),
    ),
    "the status emptied while a direct call begins unseen": (
        *(("operator goes", 3.0), ("pay directly", 0.0), ("empty status", 40.0)),
        ("drain Antaeus slowly", 6.0),
    ),
    "suspended stack": (("suspend stack", 0.4), ("make run", 6.0), ("resume stack", 15.0)),
    "hibernated": (("make run", 15.0), ("hibernate", 15.0), ("make run", 6.0), ("wake", 15.0)),
    "a late write of the leader before": (
        ("hand over", 0.8),
        ("make run", 6.0),
        ("make run", 15.0),
    ),
    "reset and not acknowledged": (
        *(("make run", 15.0), ("kill Antaeus", 15.0), ("make run", 3.0), ("acknowledge run", 6.0)),
    ),
    "reset once it has begun": (("make run", 15.0), ("make run", 0.4), ("kill Antaeus", 15.0)),
    "never charged, restarted often": (("kill Antaeus", 15.0), ("drain Antaeus", 15.0)),
}
