# One line a task; what a task does lives in the tool that it calls.
.DEFAULT_GOAL := help
.PHONY: help local demo shell kubeconfig down push verify deploy smoke undeploy setup lock check imports test integration test-shipping test-operator test-faults test-payment test-hostile test-docs test-kills model e2e render recording bench-payment bench-payment-features bench-payment-readers bench-operator
SHELL := /bin/bash
UV_VERSION := 0.13.9
UV := .uv/bin/uv
DEV := .venv/bin/billing-dev
export UV_PROJECT_ENVIRONMENT := .venv
export VIRTUAL_ENV := $(CURDIR)/.venv

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-24s %s\n", $$1, $$2} /^## / {printf "\n%s\n", substr($$0, 4)}' $(MAKEFILE_LIST)

## Use

local: setup  ## Payment on 9000 and Antaeus' stand-in on 8000, on this machine, until Ctrl-C
	@$(DEV) local

demo: setup  ## From a fresh machine to paid invoices: cluster, operator, stack, table
	@$(DEV) demo

shell: setup  ## A pod beside the demo's stack, with curl and jq
	@$(DEV) shell

# A variable CLUSTER of the shell is not meant. Where anything fails, a path that is nowhere: with
# none, kubectl would go to another cluster.
kubeconfig:  ## Print the path of the demo's kubeconfig, or of that of CLUSTER=test; use make -s
	@{ $(MAKE) -s setup >&2 && $(DEV) cluster kubeconfig $(if $(filter command,$(firstword $(origin CLUSTER))),$(CLUSTER),demo); } || { echo /no-kubeconfig; exit 1; }

down: setup  ## Delete the demo's and the tests' clusters
	@$(DEV) cluster down demo test ship

## On a cluster of yours: the one that kubectl points to, which each names before it acts

push: setup  ## Build both images and push them to REGISTRY=registry.example.com/team
	@$(DEV) push

verify: setup  ## Have the cluster try everything without keeping any of it
	@$(DEV) verify

deploy: setup  ## Install what was pushed, or upgrade to it, and wait until it runs
	@$(DEV) deploy

smoke: setup  ## Pay all pending invoices of STACK=namespace/name, really, and show a table
	@$(DEV) smoke

undeploy: setup  ## Remove the operator and all that it brought; refuses while there are stacks
	@$(DEV) undeploy

## Develop

setup: .venv/.ready  ## Make the project's own environment (.venv)

.uv/bin/uv:
	@python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'python3 3.11 or newer with venv is needed: apt-get install python3 python3-venv' >&2; exit 1; }
	@echo 'setup: uv $(UV_VERSION), about 10 s' >&2
	@python3 -m venv .uv && .uv/bin/pip install --quiet 'uv==$(UV_VERSION)'

.venv/.ready: .uv/bin/uv requirements/dev.txt operator/pyproject.toml payment/pyproject.toml tools/pyproject.toml
	@echo 'setup: .venv, about 15 s' >&2
	@test -d .venv || $(UV) venv --quiet --python python3 .venv
	@$(UV) pip sync --quiet --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable operator --editable payment --editable tools
	@touch $@

LOCK := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade
lock: .uv/bin/uv  ## Choose the newest allowed versions again (requirements/)
	$(LOCK) operator/pyproject.toml payment/pyproject.toml tools/pyproject.toml --extra store --group dev --group build -o requirements/dev.txt
	$(LOCK) --group build -c requirements/dev.txt -o requirements/build.txt
	$(LOCK) operator/pyproject.toml -c requirements/dev.txt -o requirements/operator.txt
	$(LOCK) payment/pyproject.toml --extra store -c requirements/dev.txt -o requirements/payment.txt

check: setup  ## Linters, types, import contracts and unit tests (two minutes when warm)
	@$(DEV) check

imports: setup  ## The import graph of each package by folder; none may lead upward
	@$(DEV) imports

test: setup  ## Everything that must hold, on a cluster of its own (README: how long)
	@$(DEV) test

integration: setup  ## The operator in-process against the tests' cluster
	@.venv/bin/pytest tests/integration

test-shipping: setup  ## make push to make undeploy on a cluster of their own, with a registry
	@.venv/bin/pytest tests/fresh_cluster

test-operator: setup  ## What takes the operator minutes: replicas that end badly, autoscaling, drains, stores, rotation, billing
	@.venv/bin/pytest -n 3 --dist=worksteal --thorough -m 'minutes and not alone' tests/integration
	@.venv/bin/pytest --thorough -m 'minutes and alone' tests/integration
	@.venv/bin/pytest --thorough -m thorough tests/e2e

test-faults: setup  ## Every point of the fault campaigns, of which make test tries a few
	@.venv/bin/pytest tests/integration/faults tests/integration/test_invoices_reset.py tests/integration/test_success_rate.py tests/integration/test_faults_under_load.py --thorough

# A variable RUNS of the shell is not meant.
test-kills: setup  ## Billing runs while things are killed at random, RUNS=100 each at 1 and 3 replicas
	@RUNS=$(if $(filter command,$(firstword $(origin RUNS))),$(RUNS),100) .venv/bin/pytest --thorough tests/integration/faults/test_killed_runs.py

test-payment: setup  ## Payment with browsers, retrying clients, stores and replicas that are killed
	@.venv/bin/pytest -n auto tests/integration/payment_service --thorough --ignore=tests/integration/payment_service/test_hostile.py

test-hostile: setup  ## 20,000 hostile requests to payment, of which make test sends a few
	@.venv/bin/pytest tests/integration/payment_service/test_hostile.py --thorough

# A variable MINUTES of the shell is not meant.
model: setup  ## Whatever may happen to a stack, simulated at random for MINUTES=60; make test tries a few
	@MINUTES=$(if $(filter command,$(firstword $(origin MINUTES))),$(MINUTES),60) .venv/bin/pytest --thorough -m thorough tests/unit/billing_operator/model

test-docs: setup  ## Every command of README and docs/ as printed, on the demo's cluster
	@.venv/bin/pytest tests/documents

e2e: setup  ## The installed operator on the tests' cluster
	@.venv/bin/pytest tests/e2e

render: setup  ## Write again what is rendered: tests/golden, docs/reference/billingstack.md, schemas, what crds/ copies
	@$(DEV) render

recording: setup  ## Record docs/images/ten-seconds again, on the demo's cluster (3 min at first)
	@$(DEV) record

bench-payment: setup  ## Charges a second against the smallest app that could take them
	@$(DEV) bench payment

bench-payment-features: setup  ## What each feature of payment costs while it is in use
	@$(DEV) bench payment-features

bench-payment-readers: setup  ## How much longer charges take while somebody reads the records
	@$(DEV) bench payment-readers

bench-operator: setup  ## Time to create a stack against a bare apply of the same objects
	@$(DEV) bench operator
