"""A kind cluster for the demo and one for the tests, on any machine, with one command."""
