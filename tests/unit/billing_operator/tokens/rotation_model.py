"""A model of all that takes part in a rotation of the token, small enough to try every way it goes.

The steps are the operator's own; the world around them is a few facts.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from billing_operator.apps.answers import Accepted
from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_ID
from billing_operator.observed.stack import Observed, observe
from billing_operator.spec.stack import Stack
from billing_operator.tokens.secret import (
    TokenSecret,
    ValidToken,
    completed,
    dropped,
    initial_data,
    promoted,
    staged,
    without_old,
)
from billing_operator.tokens.state import token_state
from billing_operator.tokens.steps import (
    Action,
    Facts,
    PaymentPod,
    antaeus_lacks,
    next_step,
    wanted,
)
from support.operator.builders import a_deployment, a_pod, a_stack

NOW = datetime(2025, 1, 1, tzinfo=UTC)
# So many rounds in which everybody does their part end any rotation, and one that follows it.
ROUNDS = 16

Data = frozenset[tuple[str, str]]
Tokens = frozenset[tuple[str, str | None]]


@dataclass(frozen=True)
class Antaeus:
    """A pod of it.

    Attributes:
        template: id of the token in the template that it was made by.
        token: what it has, since its container was last started.
    """

    template: str
    token: str


@dataclass(frozen=True)
class Payment:
    """A pod of it, and what it has of the Secret; one that does not answer yet may do so soon."""

    mounted: Tokens
    answers: bool = True


@dataclass(frozen=True)
class ModelState:
    """All that matters, at one moment.

    Attributes:
        under_way: what the operator is about to write, and over what.
        template: id of the token in Antaeus' Deployment.
        request: value of the annotation.
        users: the token in the user's Secret; None without one.
        news: what people will still do.
        made: how many tokens there were.
    """

    secret: Data
    template: str
    antaeus: Antaeus | None
    payment: tuple[Payment, ...]
    request: str | None = None
    users: str | None = None
    news: tuple[str, ...] = ()
    under_way: tuple[Action, Data] | None = None
    made: int = 1


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@cache
def own(data: Data) -> TokenSecret:
    return TokenSecret.of({"metadata": {}, "data": dict(data)})


@cache
def tokens(data: Data) -> Tokens:
    """What a pod has that mounts the Secret now."""
    secret = own(data)
    both = (secret.current, secret.other)
    return frozenset((each.text, each.id) for each in both if each)


@cache
def stack(request: str | None, users: str | None) -> Stack:
    annotations = {"billing.antaeus.io/rotate-token": request} if request else {}
    token = {"secretRef": {"name": "provider"}} if users else {}
    return a_stack(annotations=annotations, token=token)


@cache
def seen(template: str, antaeus: Antaeus | None) -> Observed:
    deployment = a_deployment("antaeus", ready=int(antaeus == a_new_one(template, antaeus)))
    annotations = {TOKEN_ID: template}
    deployment["spec"]["template"] = {"metadata": {"annotations": annotations}}
    if antaeus is None:
        deployment["status"] |= {"updatedReplicas": 0, "replicas": 0}
        return observe([deployment], [])
    if antaeus.template != template:
        deployment["status"]["updatedReplicas"] = 0
    pod = a_pod("antaeus", annotations={TOKEN_ID: antaeus.template})
    return observe([deployment], [pod])


def a_new_one(template: str, antaeus: Antaeus | None) -> Antaeus | None:
    return antaeus if antaeus and antaeus.template == template else None


def decided(state: ModelState) -> Action | None:
    """What the operator does next, by all that it can know at this moment."""
    wish = stack(state.request, state.users)
    tokens = token_state(own(state.secret), state.users and encoded(state.users))
    if not tokens.under_way and not wanted(wish, tokens, NOW):
        return None
    pods = [
        PaymentPod(
            f"payment-{number}",
            pod.answers,
            Accepted(frozenset(name for _, name in pod.mounted)) if pod.answers else None,
        )
        for number, pod in enumerate(state.payment)
    ]
    lacks = antaeus_lacks(wish, seen(state.template, state.antaeus), tokens.id)
    step = next_step(wish, tokens, Facts(tuple(pods), lacks), NOW)
    return step if isinstance(step, Action) else None


def written(state: ModelState) -> ModelState:
    """The operator's write arrives; the API server takes it only over what it was made from."""
    assert state.under_way is not None
    action, base = state.under_way
    after = replace(state, under_way=None)
    if base != state.secret:
        return after
    secret = own(state.secret)
    match action:
        case Action.STAGE:
            text = state.users or f"made-{state.made}"
            new = ValidToken(encoded(text), f"id-{state.made}", users=state.users is not None)
            made: Manifest = staged(secret, new)
            after = replace(after, made=state.made + 1)
        case Action.DROP:
            made = dropped(secret)
        case Action.PROMOTE:
            made = promoted(secret, NOW, state.request)
        case Action.RETIRE:
            made = without_old(secret)
        case Action.COMPLETE:
            made = completed(secret, NOW)
    return replace(after, secret=frozenset(made["data"].items()))


def of_operator(state: ModelState) -> Iterator[ModelState]:
    """It looks, writes, starts Antaeus by another template, or is killed before it has written."""
    if state.under_way:
        yield written(state)
        yield replace(state, under_way=None)
    elif action := decided(state):
        yield replace(state, under_way=(action, state.secret))
    token_id = own(state.secret).current.id
    if token_id and token_id != state.template:
        yield replace(state, template=token_id)


def of_antaeus(state: ModelState) -> Iterator[ModelState]:
    """It ends for another template, starts by the newest, or restarts by chance."""
    starts_with = base64.b64decode(own(state.secret).current.text).decode()
    if state.antaeus is None:
        yield replace(state, antaeus=Antaeus(state.template, starts_with))
        return
    yield replace(state, antaeus=replace(state.antaeus, token=starts_with))
    yield replace(state, antaeus=None)


def of_payment(state: ModelState) -> Iterator[ModelState]:
    """The kubelet brings what the Secret has now, or a pod is replaced by one that starts."""
    now = tokens(state.secret)
    for number, pod in enumerate(state.payment):
        for changed in (
            replace(pod, mounted=now),
            replace(pod, answers=True),
            Payment(now, answers=False),
        ):
            pods = list(state.payment)
            pods[number] = changed
            yield replace(state, payment=tuple(pods))


def of_people(state: ModelState) -> Iterator[ModelState]:
    """Somebody asks for a rotation, or puts another token into a Secret of theirs."""
    if not state.news:
        return
    news, *rest = state.news
    kind, _, value = news.partition(" ")
    after = replace(state, news=tuple(rest))
    yield replace(after, request=value) if kind == "ask" else replace(after, users=value or None)


def nexts(state: ModelState) -> Iterator[ModelState]:
    for happen in (of_operator, of_antaeus, of_payment, of_people):
        yield from happen(state)


def refused(state: ModelState) -> bool:
    """Whether a charge that Antaeus makes now may be refused."""
    if state.antaeus is None:
        return False
    has = encoded(state.antaeus.token)
    answering = (pod.mounted for pod in state.payment if pod.answers)
    return any(has not in {text for text, _ in mounted} for mounted in answering)


def reachable(begin: ModelState) -> dict[ModelState, ModelState | None]:
    """Every state that it can come to, with the one that it came from."""
    found: dict[ModelState, ModelState | None] = {begin: None}
    todo = [begin]
    while todo:
        state = todo.pop()
        for after in nexts(state):
            if after not in found:
                found[after] = state
                todo.append(after)
    return found


def story(found: dict[ModelState, ModelState | None], state: ModelState | None) -> str:
    told = []
    while state is not None:
        told.append(str(state))
        state = found[state]
    return "\n".join(reversed(told))


def a_round(state: ModelState) -> ModelState:
    """Everybody does their part once."""
    if not state.under_way and (action := decided(state)):
        state = replace(state, under_way=(action, state.secret))
    if state.under_way:
        state = written(state)
    state = replace(state, template=own(state.secret).current.id or "")
    if state.antaeus is None or state.antaeus.template != state.template:
        (state,) = of_antaeus(replace(state, antaeus=None))
    pods = tuple(Payment(tokens(state.secret)) for _ in state.payment)
    return replace(state, payment=pods)


@cache
def at_the_end(state: ModelState) -> ModelState:
    """Where it comes to if nothing happens any more but what has to."""
    for _ in range(ROUNDS):
        state = a_round(state)
    return state


def a_state(*news: str, pods: int = 1, users: str | None = None) -> ModelState:
    """A stack at rest, to which some things are going to happen."""
    text = users or "made-0"
    data = initial_data(ValidToken(encoded(text), "id-0", users=users is not None), NOW, None)
    secret: Data = frozenset(data.items())
    payment = (Payment(tokens(secret)),) * pods
    return ModelState(secret, "id-0", Antaeus("id-0", text), payment, users=users, news=news)
