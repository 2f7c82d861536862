"""Ships the operator to a cluster of the user's: push, verify, deploy, smoke, undeploy."""
