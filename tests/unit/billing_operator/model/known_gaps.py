"""Arrangements in which a rule is known not to hold yet: passed over, and counted by name."""

AFTER_OF_THE_NEXT = "a run reads from the next Antaeus what it has paid"
NO_IDS_AFTER_A_RUN = "no ids are known between the end of a run and the next reading"
BEGUN_BY_HAND = "a Job that was begun by hand, and not allowed, ends untold"
ROW_14 = "row 14: another spec restarts Antaeus in a batch"
ROW_17 = "row 17: the status is emptied"
ROW_21 = "row 21: a direct call and a restart between two readings"
UNTOLD_LEAVE = "a direct call after a run was decided on, and before its pod was told"
KNOWN_GAPS = frozenset((BEGUN_BY_HAND,))
