"""The operator in the tests' own process, on a real API server; one package, since the installed
operator stands aside for all of it."""
