# The commands of this repository. `make` alone lists them.
#
# Settings, as in `make demo LISTEN=0.0.0.0:8080`:
#   LISTEN  address of the demonstration      (127.0.0.1:8080)
#   DATA    its folder of data                (./data)
#   PKG     packages to test                  (./...)

LISTEN  ?= 127.0.0.1:8080
DATA    ?= ./data
PKG     ?= ./...
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)

GO      := go
TOOL    := $(GO) tool -modfile=tools/go.mod
POSTGRES := $(GO) run ./internal/platform/db/pgserver/with

GOFOLDERS := $(wildcard cmd internal e2e)

# One way to compile for the program, its tests and the linters: nothing is compiled twice.
export GOFLAGS := $(shell $(GO) env GOFLAGS 2>/dev/null) -trimpath

# What the front end is made of: its own sources, and every file that may name
# one of its classes or icons.
MANIFEST    := internal/platform/web/dist/manifest.json
WEB_SOURCES := $(wildcard web/src/* web/src/*/*) web/purge.mjs web/package.json web/package-lock.json \
               $(shell find internal -name testdata -prune -o -name dist -prune -o \
                 \( -name '*.gohtml' -o -name '*.go' ! -name '*_test.go' \) -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

.PHONY: help
help: ## List the commands
	@echo 'Polis: make COMMAND'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: build
build: bin/polis ## Build the front end and bin/polis

.PHONY: bin/polis
bin/polis: $(MANIFEST) | has-go
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/polis

$(MANIFEST): $(WEB_SOURCES) | has-go web/node_modules/.installed
	$(GO) run ./internal/platform/web/build

web/node_modules/.installed: web/package-lock.json | has-node
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: demo
demo: build ## Build, lay out the national demonstration network and serve it
	exec bin/polis serve --demo --listen $(LISTEN) --data $(DATA)

.PHONY: test
test: build check ## Build, check the form, and run every test (under 10 minutes)
	POLIS_TEST_BINARY=$(CURDIR)/bin/polis $(POSTGRES) $(GO) test -vet=off -timeout 15m $(PKG)

# Form: what needs no test to be seen.
.PHONY: check
check: | has-go
	@bad=$$(gofmt -l $(GOFOLDERS)); if [ -n "$$bad" ]; then echo "not as gofmt writes it:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...

# Packages whose goroutines share memory: they run again under the race detector, in
# short, without browsers: these start programs that it does not see.
RACE := ./internal/reserve/... ./internal/site/... ./internal/coworking/figures ./internal/feedback/... ./internal/home/... \
        ./internal/installation/... ./internal/identity/... ./internal/journal/... ./internal/notify/... ./internal/platform/db/... ./internal/platform/jobs/... \
        ./internal/platform/observe/... ./internal/platform/api/... ./internal/platform/blob/... ./internal/platform/picture/...

# Of the two largest rooms, whose pages are one request after the other, the tests
# in which several do something at once.
AT_ONCE := TestCloseWhilePeopleBook|TestClosureIsTakenUpAgain|TestExtendAgainstTheSweep|TestExtendAtOnce|TestImportUnderBookings

.PHONY: test-full
test-full: build ## What comes on top of test: kills and simulations at full scale, races (under 20 minutes)
	@$(MAKE) --no-print-directory -j2 --output-sync=target full-scale races

# Packages that have a larger scale.
SCALED = $(addprefix ./,$(sort $(dir $(shell grep -rl POLIS_TEST_FULL --include='*_test.go' e2e internal))))

.PHONY: full-scale
full-scale: | has-go
	POLIS_TEST_FULL=1 POLIS_TEST_BINARY=$(CURDIR)/bin/polis $(POSTGRES) $(GO) test -vet=off -count=1 -timeout 25m $(SCALED)

# The inside of SQLite, C turned into Go by others, runs without the marks of the race
# detector: ours is what shares memory here, and its tests take less time.
RACETEST = $(GO) test -vet=off -race -gcflags=modernc.org/sqlite/lib=-race=false -count=1 -timeout 20m

.PHONY: races
races: | has-go
	@if command -v gcc >/dev/null; then echo 'race detector: $(RACE)'; \
	else echo 'THE RACE DETECTOR DID NOT RUN: it needs gcc (Debian: gcc libc6-dev)'; [ "$$CI" != true ]; fi
	@! command -v gcc >/dev/null || CGO_ENABLED=1 $(POSTGRES) $(RACETEST) -short $(RACE)
	@! command -v gcc >/dev/null || CGO_ENABLED=1 $(POSTGRES) $(RACETEST) -run '$(AT_ONCE)' ./internal/coworking ./internal/manage/...

.PHONY: bench
bench: build ## Measure the budgets on this machine, on SQLite and a private PostgreSQL
	bin/polis bench

.PHONY: lint
lint: | has-go ## Run the linters of .golangci.yml, staticcheck and gofumpt
	$(TOOL) golangci-lint run ./...
	$(TOOL) staticcheck ./...
	@bad=$$($(TOOL) gofumpt -l $(GOFOLDERS)); if [ -n "$$bad" ]; then echo "not as gofumpt writes it (make format):"; echo "$$bad"; exit 1; fi

.PHONY: format
format: | has-go ## Write the code as gofumpt does
	$(TOOL) gofumpt -w $(GOFOLDERS)

.PHONY: screenshots
screenshots: build ## Take the pictures of the README anew
	POLIS_TEST_BINARY=$(CURDIR)/bin/polis POLIS_SCREENSHOTS=$(CURDIR)/docs/pictures $(POSTGRES) $(GO) test ./e2e -run 'TestJourneyWithAMouse|TestPictures' -count=1

.PHONY: notices
notices: $(MANIFEST) ## Write THIRD_PARTY.md anew
	$(GO) run ./internal/repo/notices

.PHONY: clean
clean: ## Remove what was built; data stays
	rm -rf bin web/node_modules
	find internal/platform/web/dist -type f ! -name .keep -delete

.PHONY: has-go
has-go:
	@command -v $(GO) >/dev/null || { echo 'Go is missing: Polis wants 1.26 or newer. It comes from the Go project as one archive; put its bin folder on the PATH.'; exit 1; }

.PHONY: has-node
has-node:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo 'Node and npm are missing: the front end is built with Node 20 or newer (Debian: apt-get install nodejs npm).'; exit 1; }
