# Everything that is done to this repository. `make` alone lists it.

GO ?= go

.DEFAULT_GOAL := help
.PHONY: help demo build test test-short test-long lint walls bench tools

help: ## lists what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## starts the practice world with the bot in it
	$(GO) run ./bot demo

build: ## builds ./gonogo, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o gonogo ./bot

test: tools lint walls ## installs what the tests need, then runs all checks and tests; with CI=true nothing is skipped
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

test-short: ## tests without practice worlds, servers, browsers and other people's tools: while you write
	$(GO) test -short ./...

test-long: tools ## tests also what takes long and is rarely red, such as a kill around every call to a platform
	CGO_ENABLED=1 $(GO) test -race -tags long -timeout 60m ./...

lint: ## go vet, gofmt and staticcheck
	$(GO) vet ./...
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GO) tool staticcheck ./...

walls: ## which folder may import which, and what the README and the manifest promise
	$(GO) test -count=1 .

bench: ## measures what gonogo promises about speed, each figure beside its target
	$(GO) test -run '^$$' -bench . -benchmem ./readiness ./storage/bolt ./bot/chat ./bot

tools: ## installs what the tests need from Debian and npm, where it is missing
	@scripts/test-tools.sh
	@scripts/npm-tools.sh
