"""Kind clusters for the demo and for the tests, on any machine, each with one command."""
