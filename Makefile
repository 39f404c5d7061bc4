# One verb each; everything a verb needs is installed by it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# What the sources include and link; the tools are Debian's, Swift is not.
PACKAGES := libkmod-dev libnl-3-dev libnl-route-3-dev libzstd-dev liblzma-dev zlib1g-dev libc6-dev pkg-config git file
# The largest binary that the Linux image has room for: 18 MiB.
BUDGET := 18874368
VERSION := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
VERSION_OBJECT := build/version/$(VERSION).o

# How the static binary is linked, in one place. libkmod.a is ours; what it uncompresses with is Debian's.
STATIC_FLAGS := -c release --product boot -Xswiftc -static-executable -Xswiftc -Osize \
	-Xswiftc -Xfrontend -Xswiftc -disable-implicit-string-processing-module-import \
	-Xlinker -s -Xlinker --gc-sections -Xlinker --icf=safe \
	-Xlinker $(CURDIR)/$(VERSION_OBJECT) \
	-Xlinker -L$(CURDIR)/build/lib -Xlinker -lzstd -Xlinker -llzma -Xlinker -lz

.PHONY: deps build static size lint clean

## deps: install what building needs
deps:
	scripts/install-packages $(PACKAGES)
	@command -v swift >/dev/null || { echo 'Swift 6.2 or newer is missing: see https://www.swift.org/install/linux' >&2; exit 1; }

## build: everything, for debugging
build: deps
	swift build

## static: build/boot, one file that needs no other
static: deps $(VERSION_OBJECT)
	scripts/build-libkmod
	swift build $(STATIC_FLAGS)
	install -D "$$(swift build $(STATIC_FLAGS) --show-bin-path)/boot" build/boot
	$(MAKE) --no-print-directory size

# Named after its content, so that a new version is a new link.
$(VERSION_OBJECT): | deps
	mkdir -p $(@D)
	echo 'const char mv_version_text[] = "$(VERSION)";' | clang -x c -c - -o $@

## size: check that build/boot is static and within the budget
size:
	@file build/boot | grep --fixed-strings 'statically linked' >/dev/null || { file build/boot; echo 'build/boot is not static' >&2; exit 1; }
	@[[ "$$(ldd build/boot 2>&1 || true)" =~ not\ a\ dynamic\ executable|statically\ linked ]] || { ldd build/boot; echo 'build/boot needs these libraries' >&2; exit 1; }
	@size=$$(stat --format %s build/boot); echo "build/boot: $$size of $(BUDGET) bytes, $(VERSION)"; \
	(( size <= $(BUDGET) )) || { echo 'build/boot is over its budget' >&2; exit 1; }

## lint: format, and what may be imported where
lint:
	swift format lint --strict --parallel --recursive Sources Tests
	@! grep --recursive --line-number --extended-regexp '^([a-z]+ )?import Foundation$$' \
		Sources/{Booter,NetSetup,QemuArgs,ModuleLoader,LinuxSupport} || { echo 'import FoundationEssentials instead: Foundation adds 40 MB' >&2; exit 1; }
	@! grep --recursive --line-number --extended-regexp '^([a-z]+ )?import (Glibc|C[A-Z][A-Za-z]*)$$' Sources/Booter/Plan \
		|| { echo 'a plan is pure: no C below Sources/Booter/Plan' >&2; exit 1; }

## clean: remove what was built
clean:
	rm -rf .build build
