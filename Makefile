# Each target is also an npm script of the same name: `npm run demo` does what `make demo` does, once `npm ci` has run.

.DEFAULT_GOAL := help
.PHONY: help demo test check up down reset chaos bench conformance replay lint format build node-version

# What `npm ci` writes last: older than the lock file means that the modules are not those it names.
MODULES := node_modules/.package-lock.json

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(MODULES) ## Two real rollouts under real load, one good and one bad (CRASH=1 also kills the parts along the way)
	@npm run --silent demo

test: $(MODULES) ## Everything CI runs: check, then the tests on a real Temporal and a real database
	@npm run --silent test

check: $(MODULES) ## The quick ones: format, lint, types, unit tests
	@npm run --silent check

up: $(MODULES) ## Start Temporal, the database, server and workers on this machine; data stays
	@npm run --silent up

down: $(MODULES) ## Stop what `make up` has started; data stays
	@npm run --silent down

reset: $(MODULES) ## Stop it and remove its data
	@npm run --silent reset

chaos: $(MODULES) ## Kill each part at each bad moment, many times, and check that nothing is lost
	@npm run --silent chaos

bench: $(MODULES) ## Measure, and write the lines of docs/performance.md
	@npm run --silent bench

conformance: $(MODULES) ## Run the suites that others wrote: OpenFeature, OFREP, Unleash, GrowthBook
	@npm run --silent conformance

replay: $(MODULES) ## Replay recorded workflow histories against today's code
	@npm run --silent replay

lint: $(MODULES) ## Rules of the code, of the rooms, and unused things
	@npm run --silent lint

format: $(MODULES) ## Lay out all files anew
	@npm run --silent format

build: $(MODULES) ## Compile to dist/
	@npm run --silent build

$(MODULES): package-lock.json | node-version
	npm ci --no-audit --no-fund
	@touch $@

node-version:
	@command -v node >/dev/null || { echo 'Headgate needs Node 20.19 or later, and node is not on PATH: https://nodejs.org' >&2; exit 1; }
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); if (major < 20 || (major === 20 && minor < 19)) { console.error(`Headgate needs Node 20.19 or later; this is $${process.version} ($${process.execPath}): https://nodejs.org`); process.exit(1); }'
