# Every target works from a fresh clone; the README has a line on each.

export GOTOOLCHAIN := local
# What is compiled is the same in every folder, and the tests and the programs share it.
export GOFLAGS := -trimpath -buildvcs=false $(GOFLAGS)
export CGO_ENABLED := 1

# The window needs OpenGL and X11; everything but the walk is tested without a display.
WINDOW   := x11,migrated_fynedo
HEADLESS := ci,migrated_fynedo
# The commit that the programs say they are of. Whoever builds without git gives it: make build REVISION=...
REVISION := $(shell git describe --always --abbrev=12 --dirty --exclude='*' 2>/dev/null)
# The version, from the last tag such as v0.1.0, or else what core/about says.
VERSION  := $(patsubst v%,%,$(shell git describe --tags --match='v[0-9]*' 2>/dev/null))
# The same sources make the same bytes, wherever they are and whoever builds them. STRIP leaves out what only a debugger reads.
STRIP    :=
SAME     := -trimpath -buildvcs=false -ldflags '-buildid= $(STRIP) -X countersign/core/about.revision=$(REVISION) $(if $(VERSION),-X countersign/core/about.release=$(VERSION))'
# The timeout of each package has room for a machine that is busy with other work.
TEST     := go test -race -tags $(HEADLESS) -timeout 40m
# The compiled PDFium of all tests. Compiling it takes ten times as long under the race detector, so two tests without that do it first.
export COUNTERSIGN_TEST_CACHE := $(CURDIR)/build/cache
# A program with the race detector waits for a second before it ends, and the stories start hundreds.
export GORACE := atexit_sleep_ms=50
# The packages whose tests take longest start first. Otherwise one core would be idle while the last of them runs.
LONGEST  := ./core/evidence ./core/preview
# The stories of the terminal start hundreds of programs, each of which takes four times as long under the race detector. So under it run
# only the tests in which a program does several things at once.
AT_ONCE  := TestStories/(signed|many-|sandbox-alone|closed-browser|lost-port|gateway-down)|BadDay|SecondSign|InterruptedSign|LandingPage|AnyPipe
# The tests of the whole window mostly draw, which takes eight times as long under the race detector. Those of work in the
# background run under it as well.
SHARED   := Progress|Stopped|Follow|Missed|Busy|Late|Queue|Second|Receive|Closing|Quitting|Completion|Notification|EndsTheProgram

# What Debian calls the things that are needed, to build the window and to test it.
BUILD_PACKAGES := ca-certificates gcc libc6-dev libgl1-mesa-dev xorg-dev
RUN_PACKAGES   := libgl1-mesa-dri xdg-utils
TEST_PACKAGES  := busybox chromium dbus fish fonts-dejavu-core gnome-keyring libgl1-mesa-dri openbox openssl poppler-utils postgresql scrot x11-utils x11-xkb-utils xdotool xvfb zsh

RELEASE_PACKAGES      := gcc-mingw-w64-x86-64 icoutils librsvg2-bin nsis zip
WINDOWS_TEST_PACKAGES := gcc-mingw-w64-x86-64 wine wine64
RELEASE_TEST_PACKAGES := appstream debootstrap desktop-file-utils lintian rpm

# How long each fuzz test runs: in make test, and in make fuzz.
FUZZ_SHORT := 1s
FUZZ_LONG  := 2m

# The largest number of requests in make bench: 10k, 1m or 10m. It measures at the smaller ones as well. ONLY chooses among the
# measurements by a regular expression, such as 'audit|export'; bench/main.go has their names.
SIZE       := 1m
SIZES_1m   := 10k,1m
SIZES_10m  := 10k,1m,10m
ONLY       :=
BENCH_TAGS := sqlite_fts5

.PHONY: help build programs programs-windows release test-release run test test-office test-packages test-terminal test-window test-windows test-background test-bench lint audit-deps notices reproducible reproducible-release bench benchmarks soak fuzz fuzz-short walk screenshots looks goldens packages-build packages-test clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: packages-build programs ## build both programs into build/

programs:
	go build $(SAME) -tags $(WINDOW) -o build/countersign ./cmd/countersign
	CGO_ENABLED=0 go build $(SAME) -o build/countersignctl ./cmd/countersignctl

release: packages-build ## build the packages for Debian, Fedora, Windows and others into build/release, with their checksums and lists of parts
	@scripts/packages $(RELEASE_PACKAGES)
	@scripts/release

test-release: release ## install the package on a fresh Debian, use both programs there, and remove it again; it needs root
	@scripts/packages $(RELEASE_TEST_PACKAGES)
	@scripts/test-release

# The programs for Windows, by the cross compiler.
programs-windows:
	CC=x86_64-w64-mingw32-gcc GOOS=windows go build $(subst -ldflags ',-ldflags '-H=windowsgui ,$(SAME)) -tags migrated_fynedo -o build/windows/countersign.exe ./cmd/countersign
	CGO_ENABLED=0 GOOS=windows go build $(SAME) -o build/windows/countersignctl.exe ./cmd/countersignctl

test-windows: packages-build packages-test ## test the programs for Windows with Wine: packages, stories of the terminal, and the walk
	@scripts/packages $(WINDOWS_TEST_PACKAGES)
	@$(MAKE) --no-print-directory programs-windows
	@scripts/test-windows

run: build ## open the desk; without a display, walk through it
	@scripts/packages $(RUN_PACKAGES)
	@scripts/run

test: packages-build packages-test lint ## run every check and test there is
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target test-packages walk test-window test-terminal test-background fuzz-short test-bench

# Each of these leaves a core idle for a part of its time, so make test runs them side by side.
test-packages:
	go test -tags $(HEADLESS) -timeout 40m -run '^(TestWithoutCache|TestTheWindowsPages)$$' ./core/preview ./cmd/countersign
	$(TEST) -skip '^TestWithoutCache$$' $(LONGEST) $$(go list -tags $(HEADLESS) ./... | grep -v -e '/ui$$' -e '/countersignctl$$')

test-terminal:
	go test -tags $(HEADLESS) -timeout 40m -skip '$(AT_ONCE)' ./cmd/countersignctl
	$(TEST) -run '$(AT_ONCE)' ./cmd/countersignctl

test-window:
	go test -tags $(HEADLESS) -timeout 40m ./ui

test-background:
	$(TEST) -run '$(SHARED)' ./ui

test-bench:
	go -C bench test -tags $(BENCH_TAGS) ./...

lint: ## formatting, vet, staticcheck, dependencies; the import rules are a test
	@echo "gofumpt";     out=$$(go tool gofumpt -l .; gofmt -l .); [ -z "$$out" ] || { echo "not formatted:"; echo "$$out"; exit 1; }
	@echo "vet";         go vet -tags $(HEADLESS),walk ./... && go -C bench vet -tags $(BENCH_TAGS) ./...
	@echo "staticcheck"; go tool staticcheck -tags $(HEADLESS),walk ./... && check=$$(go tool -n staticcheck) && cd bench && $$check -tags $(BENCH_TAGS) ./...
	@echo "deadcode";    out=$$(go tool deadcode -tags $(HEADLESS) -test ./...); [ -z "$$out" ] || { echo "never reached:"; echo "$$out"; exit 1; }
	@echo "vet for Windows"; GOOS=windows CGO_ENABLED=0 go vet -tags $(HEADLESS) ./cmd/...
	@echo "vet for macOS";  GOOS=darwin CGO_ENABLED=0 go vet -tags $(HEADLESS) ./cmd/countersignctl
	@echo "mod tidy";    go mod tidy -diff && go -C bench mod tidy -diff
	@echo "imports";     go test -count=1 .

audit-deps: build ## what the programs are made of: mistakes, licenses, notices, a list of parts, known weaknesses
	@scripts/audit-deps

notices: ## write the notices of software by others, which both programs print
	@scripts/tool notices -write

reproducible: packages-build ## build both programs twice, in two folders, and compare the bytes
	@scripts/reproducible

reproducible-release: packages-build ## build all packages of the last commit twice, in two folders under different umasks, and compare the bytes
	@scripts/packages $(RELEASE_PACKAGES)
	@scripts/reproducible-release

bench: packages-build packages-test ## compare the program with the least that the same could cost, and write docs/performance.md; SIZE=10m for ten million requests
	go -C bench run -tags $(BENCH_TAGS) . -sizes $(or $(SIZES_$(SIZE)),$(SIZE)) -only '$(ONLY)'

benchmarks: packages-build packages-test ## run the benchmarks of the packages
	go test -tags $(HEADLESS) -timeout 1h -run '^$$' -bench . -benchmem ./...

soak: packages-build packages-test ## kill the programs a thousand times, sign ten thousand times, read lists of a million rows, and repeat what runs side by side
	COUNTERSIGN_SOAK=1 go test -tags $(HEADLESS) -timeout 3h -count=1 -v ./walk/kill
	COUNTERSIGN_SOAK=1 $(TEST) -timeout 2h -count=1 -run OfficesDay ./core/desk
	COUNTERSIGN_SOAK=1 go test -tags $(HEADLESS) -timeout 2h -count=1 -v -run ManySigningsLeave ./core/desk
	COUNTERSIGN_SOAK=1 go test -tags $(HEADLESS) -count=1 -run LittleMemory ./core/lists
	$(TEST) -timeout 2h -count=20 ./core/ledger ./core/home ./core/desk ./core/queue ./core/sealing ./core/export ./core/callback

test-office: packages-build packages-test ## ten desks on one office while its servers, desks and networks fail; thousands of histories of desks that crash
	COUNTERSIGN_SOAK=1 go test -tags $(HEADLESS) -timeout 3h -count=1 -v ./walk/office
	COUNTERSIGN_SOAK=1 go test -tags $(HEADLESS) -timeout 3h -count=1 -v -run HistoriesOfCrashingDesks ./core/office -rapid.checks=5000

fuzz-short:
	@nice scripts/fuzz $(FUZZ_SHORT)

fuzz: ## run every fuzz test for two minutes
	@scripts/fuzz $(FUZZ_LONG)

walk: packages-build packages-test ## sign end to end: real window, real browser, both gateways
	go test -tags walk,$(HEADLESS) -count=1 -v -timeout 40m ./walk

screenshots: packages-build ## draw the pictures of the pages into docs/screenshots; no display is needed
	rm -f docs/screenshots/*.png
	COUNTERSIGN_SHOTS=$(CURDIR)/docs/screenshots COUNTERSIGN_SHOTS_KEPT=1 go test -timeout 40m -tags $(HEADLESS) -count=1 -run '^TestShots$$' ./ui

looks: packages-build ## draw every screen in three widths, three scales and both looks into build/looks; it takes an hour
	@scripts/looks build/looks

goldens: packages-build ## write down how the window and its widgets are drawn now, for the tests to compare with
	COUNTERSIGN_GOLDENS=write go test -timeout 40m -tags $(HEADLESS) -count=1 -run '^(TestWidgets|TestWholeWindow)$$' ./ui/...

packages-build:
	@scripts/packages $(BUILD_PACKAGES)

packages-test:
	@scripts/packages $(TEST_PACKAGES)

clean: ## remove what was built
	rm -rf build
