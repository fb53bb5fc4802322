# Everything that is done to this repository. `make` alone lists it.

GO ?= go

.DEFAULT_GOAL := help
.PHONY: help demo build test test-short test-long lint walls bench tools

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## starts the practice Slack with the bot in it
	$(GO) run ./bot demo

build: ## builds ./gonogo, a static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o gonogo ./bot

test: tools lint walls ## installs what the tests need, then runs all checks and tests; with CI=true a missing tool is a failure
	CGO_ENABLED=1 $(GO) test -race -tags full -timeout 20m ./...

test-short: ## runs the fast tests, without practice worlds, servers, browsers and other tools
	$(GO) test -short ./...

test-long: tools ## also runs tests that take long and rarely fail, such as a kill around every call to a platform
	CGO_ENABLED=1 $(GO) test -race -tags long -timeout 60m ./...

lint: ## runs go vet, gofmt and staticcheck
	$(GO) vet ./...
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GO) tool staticcheck ./...
	@scripts/vulncheck.sh

walls: ## checks the import rules, and what the README and the manifest promise
	$(GO) test -count=1 .

bench: ## measures the promised speed and memory, each figure next to its target
	$(GO) test -run '^$$' -bench . -benchmem ./readiness ./storage/bolt ./storage/postgres ./gates/report ./examples ./bot/chat ./bot

tools: ## installs what the tests need from Debian, npm and Go, if it is missing
	@scripts/test-tools.sh
	@scripts/npm-tools.sh
	@scripts/go-tools.sh
