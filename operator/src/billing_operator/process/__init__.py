"""How the program runs: its replicas, its wiring, its kopf handlers, its probes and logs."""
