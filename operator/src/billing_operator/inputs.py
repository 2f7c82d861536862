"""What decisions rest on besides the stack itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Installation:
    """What depends on how the operator was installed.

    Attributes:
        namespace: where the operator runs; its pods may read from the stacks' pods.
        operator_image: has the command of a billing run as well.
        version: of the operator. No manifest may depend on it: each release would change them.
    """

    namespace: str
    antaeus_image: str
    payment_image: str
    operator_image: str
    version: str


@dataclass(frozen=True, slots=True)
class Token:
    """Where the shared token is; the token itself is in no manifest.

    Attributes:
        id: names the token; changes exactly when Antaeus is to be started with another one.
        generated: whether the operator made it, and did not take it from a user's Secret.
    """

    secret_name: str
    key: str
    id: str | None
    generated: bool
