"""Every public word by which a stack says how it is: condition types and reasons.

People wait for these words, alert on them and look them up, so each stands here and nowhere else.
The module imports nothing, since the lowest folders raise faults that bear a reason.
"""

from enum import StrEnum


class ConditionType(StrEnum):
    """Types of a stack's conditions."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    SUSPENDED = "Suspended"
    HIBERNATED = "Hibernated"
    INVOICES_RESET = "InvoicesReset"
    BILLING_ALLOWED = "BillingAllowed"
    LEDGER_MISMATCH = "LedgerMismatch"
    CHARGES_REFUSED = "ChargesRefused"
    TOKEN_ROTATION_HELD = "TokenRotationHeld"
    TOKEN_INVALID = "TokenInvalid"
    TOKEN_LOST = "TokenLost"
    NAME_CONFLICT = "NameConflict"
    FORBIDDEN = "Forbidden"
    CHANGED_BY_ADMISSION = "ChangedByAdmission"


class Reason(StrEnum):
    """Reasons of a stack's conditions, those included that a fault brings along."""

    # What Ready says without a fault.
    ALL_READY = "AllReady"
    CREATING = "Creating"
    ANTAEUS_STARTING = "AntaeusStarting"
    PAYMENT_ROLLING_OUT = "PaymentRollingOut"
    PROFILE_UPDATING = "ProfileUpdating"
    PROFILE_REFUSED = "ProfileRefused"
    TOKEN_ROTATING = "TokenRotating"
    UPDATE_HELD = "UpdateHeld"
    PODS_UNHEALTHY = "PodsUnhealthy"
    PODS_UNSEEN = "PodsUnseen"
    SUSPENDED = "Suspended"
    HIBERNATING = "Hibernating"
    HIBERNATED = "Hibernated"
    # What other conditions say besides.
    UP_TO_DATE = "UpToDate"
    NOT_STALLED = "NotStalled"
    AS_EXPECTED = "AsExpected"
    RECONCILE_INCOMPLETE = "ReconcileIncomplete"
    INVOICES_UNKNOWN = "InvoicesUnknown"
    INVOICES_RESET = "InvoicesReset"
    CHARGES_REFUSED = "ChargesRefused"
    REFUSALS_UNKNOWN = "RefusalsUnknown"
    TOKEN_ROTATION_HELD = "TokenRotationHeld"
    LEDGER_MISMATCH = "LedgerMismatch"
    BOOKS_UNKNOWN = "BooksUnknown"
    CHANGED_BY_ADMISSION = "ChangedByAdmission"
    # Faults that a user must mend.
    APPLY_REJECTED = "ApplyRejected"
    NAME_CONFLICT = "NameConflict"
    TOKEN_INVALID = "TokenInvalid"
    TOKEN_CHANGED = "TokenChanged"
    TOKEN_LOST = "TokenLost"
    # Faults that pass by themselves.
    PREVIOUS_STACK_TERMINATING = "PreviousStackTerminating"
    CONCURRENT_WRITER = "ConcurrentWriter"
    NO_ANSWER = "NoAnswer"
    # Faults of the API server.
    API_SERVER_ERROR = "ApiServerError"
    API_SERVER_UNREACHABLE = "ApiServerUnreachable"
    CONFLICT = "Conflict"
    FORBIDDEN = "Forbidden"
    NAMESPACE_LEAVING = "NamespaceLeaving"
    NOT_FOUND = "NotFound"


class WaitReason(StrEnum):
    """What a billing run waits for, and why condition BillingAllowed is not True."""

    SUSPENDED = "Suspended"
    HIBERNATED = "Hibernated"
    RUN_UNDER_WAY = "RunUnderWay"
    TOKEN_ROTATING = "TokenRotating"
    INVOICES_RESET = "InvoicesReset"
    STATUS_LOST = "StatusLost"
    UNRESOLVED_RUN = "UnresolvedRun"
    UNMANAGED_PAY_CALL = "UnmanagedPayCall"
    NOT_READY = "NotReady"
    NO_PAYMENT_POD = "NoPaymentPod"
    INVOICES_UNKNOWN = "InvoicesUnknown"
    ACTIVITY_UNKNOWN = "ActivityUnknown"
    RUNS_UNKNOWN = "RunsUnknown"
    NO_CRON_JOB = "NoCronJob"


class EventReason(StrEnum):
    """Reasons of the Events that no condition tells; the others bear the condition's reason."""

    TOKEN_ROTATED = "TokenRotated"
    BILLING_RUN_STARTED = "BillingRunStarted"
    BILLING_RUN_STUCK = "BillingRunStuck"
    BILLING_RUN_SUCCEEDED = "BillingRunSucceeded"
    BILLING_RUN_DECLINED = "BillingRunDeclined"
    BILLING_RUN_REFUSED = "BillingRunRefused"
    BILLING_RUN_INCOMPLETE = "BillingRunIncomplete"
    BILLING_RUN_NOT_SENT = "BillingRunNotSent"
    BILLING_RUN_UNKNOWN = "BillingRunUnknown"
    BILLING_RUN_SKIPPED = "BillingRunSkipped"
    BILLING_RUN_RESOLVED = "BillingRunResolved"
    BILLING_RUN_BLOCKED = "BillingRunBlocked"
    STATUS_LOST = "StatusLost"
    DOUBLE_CHARGE = "DoubleCharge"
    UNMANAGED_PAY_CALL = "UnmanagedPayCall"
