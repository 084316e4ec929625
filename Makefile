# Muster. `make demo` shows it, `make test` tests it; both need only Go and make.

GO      ?= go
BIN     := bin/muster
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# The server is a static binary; only the race detector wants a C compiler.
export CGO_ENABLED ?= 0

.PHONY: build demo test race lint generate docs bench fuzz oracle powerloss races soak field night vuln man release deb deb-test image clean

build:
	@test -x $(BIN) || echo "Building Muster. The first build compiles SQLite and takes a minute or two."
	@mkdir -p bin
	$(GO) build $(if $(wildcard $(BIN)),,-v) -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/muster

demo: build
	@$(BIN) tutorial --fresh

# What go test would vet, go vet has vetted.
test: build
	$(GO) vet ./...
	MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) test -vet=off -timeout 20m ./...
	MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) -C test/sdk test -count 1 ./...
	$(GO) -C tools/generate test ./...

# Short tests leave out what one client does alone; RACEFLAGS= runs all.
RACEFLAGS ?= -short
race:
	CGO_ENABLED=1 $(GO) test -race -vet=off $(RACEFLAGS) -timeout 20m ./internal/... ./cmd/...
	CGO_ENABLED=1 $(GO) test -race -vet=off $(RACEFLAGS) -run TestNothing ./test/proof

# The same random requests to Muster and to VersityGW; every difference is on a list.
oracle: build
	MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) -C test/oracle test -count 1 -timeout 60m ./...

# Power cuts under the real binary, on a file system of its own (Linux, FUSE, root).
powerloss: build
	MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) -C test/powerloss test -count 1 -timeout 120m ./...

# Writers against deleters and the like, for ten seconds each.
races: build
	MUSTER_RACE=10s MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) test -timeout 20m -run Race ./test/e2e
	MUSTER_RACE=10s $(GO) test -timeout 20m -run "TestObjectsKeepTheirPromises/(puts_and_removals|uploads_beside|clients_that_remove|of_completing)" ./internal/store

# Two hundred honest devices and an operator beside clients that do all they shouldn't.
SOAK ?= 10m
soak: build
	MUSTER_SOAK=$(SOAK) MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) test -timeout 30m -count 1 -v -run '^TestSoak$$' ./test/e2e

# Programs that people use with S3: rclone, restic, s3cmd and s3fs as Debian provides
# them, and Terraform where it is installed.
field: build
	MUSTER_FIELD=1 MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) test -timeout 30m -run 'Field|Program' ./test/e2e

# Known vulnerabilities in what the binary calls; it asks Go's database, vuln.go.dev.
vuln:
	$(GO) -C tools/vuln tool govulncheck -C $(CURDIR) ./...

# All of everything: hours.
night: build
	MUSTER_NIGHT=1 MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) test -timeout 300m ./...
	MUSTER_NIGHT=1 $(MAKE) --no-print-directory oracle powerloss field
	$(MAKE) --no-print-directory race RACEFLAGS=
	$(MAKE) --no-print-directory fuzz

lint:
	@unformatted=$$(gofmt -l cmd internal test tools examples); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) -C test/sdk vet ./...
	$(GO) -C examples/go vet ./...
	$(GO) -C tools/generate vet ./...
	$(GO) -C test/oracle vet ./...
	$(GO) -C test/powerloss vet ./...

generate:
	$(GO) -C tools/generate run .
	@$(MAKE) --no-print-directory docs

docs:
	$(GO) run ./cmd/muster operations -o markdown > docs/operations.md.new && mv docs/operations.md.new docs/operations.md

bench: build
	$(GO) test -run '^$$' -bench . ./internal/awswire ./internal/ca ./internal/credsapi ./internal/policy ./internal/sigv4 ./internal/store ./internal/sts
	MUSTER_BINARY=$(CURDIR)/$(BIN) $(GO) run ./test/bench

FUZZTIME ?= 60s
fuzz:
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' .ci/fuzz $$($(GO) list ./internal/...)

man:
	$(GO) run -ldflags '$(LDFLAGS)' ./cmd/muster man --dir man

# Tarballs of static binaries, Debian packages, SBOMs and checksums, in dist. The first time compiles all for five platforms.
release:
	GO='$(GO)' VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' packaging/release.sh

# The Debian packages alone, for amd64 and arm64; needs dpkg-deb, as Debian has it, and no root.
deb:
	FORMATS=deb PLATFORMS='linux/amd64 linux/arm64' GO='$(GO)' VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' packaging/release.sh

# Installs, upgrades, removes and purges this machine's package in a Debian of its own: root, and debootstrap or CHROOT=dir.
deb-test:
	FORMATS=deb PLATFORMS="linux/$$(dpkg --print-architecture)" GO='$(GO)' VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' packaging/release.sh
	packaging/debian/test.sh dist/muster_*_$$(dpkg --print-architecture).deb $(CHROOT)

image:
	docker build -f packaging/Dockerfile --build-arg VERSION='$(VERSION)' -t muster:$(VERSION) .

clean:
	rm -rf bin dist man
