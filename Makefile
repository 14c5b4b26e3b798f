# The project's commands. `make demo` needs Go alone; `make test` installs what the
# rest needs (deploy/tools.sh).
GO      ?= go
BIN     := bin
FUZZTIME ?= 5s
SOAKTIME ?= 10m

.PHONY: help demo build check test lint e2e bench fuzz ui ui-check tools release soak clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | sort

demo: ## a whole shop on this machine, with simulated cars and cabinet
	@$(GO) build -o $(BIN)/pitlane-sim ./cmd/pitlane-sim
	@exec $(BIN)/pitlane-sim

build: ## the four programs, static, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/ ./cmd/...

check: ## format, vet, floors and the race tests: Go alone, no network, no root
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted" >&2; exit 1; }
	$(GO) vet ./...
	deploy/gotest.sh -race ./...

test: tools ## everything: check, real servers, screens, browsers, fuzz
	$(MAKE) check
	$(MAKE) ui-check
	deploy/gotest.sh -tags real ./sync/... ./cmd/... ./devices/keycab ./edge/receipt ./edge/powercut ./edge/journal
	$(MAKE) e2e
	$(MAKE) fuzz

lint: ## golangci-lint with the floors (depguard), and the proof that it bites
	deploy/lint.sh

e2e: ## the screens in Chromium against the real binaries
	deploy/e2e.sh

fuzz: ## every fuzz target for FUZZTIME
	deploy/fuzz.sh $(FUZZTIME)

bench: ## the table of docs/BENCHMARKS.md
	deploy/bench.sh

soak: ## the long forms: fuzz and fault harnesses
	deploy/fuzz.sh 2m
	cd kiosk-ui && PITLANE_AXE=all npm run -s axe
	$(GO) test -count=1 -timeout 0 -tags real -run 'Trace' ./cmd/pitlane-sim
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -v -parallel 8 -tags real -run 'KilledEdges' ./cmd/pitlane-sim
	PITLANE_EVENTS=5000000 $(GO) test -run NONE -bench Drained -benchtime 1x -timeout 0 ./edge/journal
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -run 'AfterAKill|ConvergeInAnyOrder' ./edge/journal
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -v -tags real -run 'EveryCall|EveryState|PowerFails|AKill' ./edge/powercut
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -run 'NoEventFromOneFrame|NoFrameOpens|NoKeyComes' ./devices/keycab
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -v -run "WrongMisorder" ./edge/clocks
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -v -tags real -run "NoMutation|PageAgrees" ./edge/receipt
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -v -run 'MutatedResponses' ./devices/obd
	PITLANE_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -v -run 'AThousandUnplugs' ./edge/bay

ui: ## build the screens into kiosk-ui/dist
	cd kiosk-ui && npm ci --no-audit --no-fund && npm run build

ui-check: ## types, unit tests, budgets, and that dist is what the sources build
	deploy/ui.sh

tools: ## install what the tests need, where it is missing
	deploy/tools.sh

release: ## static programs for amd64 and arm64 into dist/
	deploy/release.sh

clean: ## remove what was built
	rm -rf $(BIN) dist
