"""How long things may take before a test gives up on them, in seconds; all with room to spare."""

# A machine of two cores that also runs the cluster.
ROLLOUT = 120.0
NOTICED = 15.0
# A call that finds no way to payment yet waits 30 s for its connection before it may be made again.
PAID = 90.0
# What is promised to users.
RATE_IN_EFFECT = 5.0
PAY_IN_COLUMNS = 15.0
TAKEN_OVER = 20.0
REPAIRED_BY_EVENT = 5.0
RECOVERED = 60.0
# A user's Secret is not watched, but looked at every 30 s while it is wrong.
SECRET_NOTICED = 40.0
# Kubernetes' garbage collector sees to all namespaces of all tests at once: with three tests on two
# cores an object waits for its turn for 2 s on average, and one in twenty waits for over 10 s.
GONE = 120.0
