# One verb each; everything a verb needs is installed by it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# What the sources include and link; the tools are Debian's, Swift is not.
PACKAGES := binutils libkmod-dev libnl-3-dev libnl-route-3-dev libzstd-dev libbz2-dev liblzma-dev zlib1g-dev libc6-dev pkg-config git ca-certificates file
# The largest binary that the Linux image has room for: 19 MiB. Without supervision it was 18.
BUDGET := 19922944
VERSION := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
VERSION_OBJECT := build/version/$(VERSION).o

# How the static binary is made, in one place. libkmod.a is ours; what it uncompresses with is Debian's.
# --icf=all merges equal functions, also those whose address is taken: 400 KB less than without --icf, and nothing here compares functions.
# -cross-module-optimization inlines across the targets: without it a start takes 4 % more instructions.
# -O with sections a function, of which those that nobody calls are left out, is as small as -Osize without, and 0.5 ms faster to start.
# Without mangled names of concrete types, a generic type is made from what the compiler knows: by its name, the runtime searches
# all 5000 conformances for each of the type's requirements, which makes a start 0.5 ms slower.
# The linker's warnings about getaddrinfo and its like are left out: boot looks up no names.
# The same bytes in every directory: toml++ prints its own path where its assertions fail.
SAME_BYTES := -Xcc -ffile-prefix-map=$(CURDIR)=. -Xcxx -ffile-prefix-map=$(CURDIR)=. -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=.
# A scratch path for each set of flags: with one for all, each build throws away what the other one compiled.
STATIC_FLAGS := --scratch-path .build-static -c release --product boot $(SAME_BYTES) -Xswiftc -static-executable -Xswiftc -O -Xswiftc -cross-module-optimization \
	-Xswiftc -Xfrontend -Xswiftc -disable-implicit-string-processing-module-import \
	-Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
	-Xswiftc -Xfrontend -Xswiftc -function-sections \
	-Xlinker -s -Xlinker --build-id=none -Xlinker --gc-sections -Xlinker --icf=all \
	-Xlinker $(CURDIR)/$(VERSION_OBJECT) \
	-Xlinker -L$(CURDIR)/build/lib -Xlinker -lzstd -Xlinker -llzma -Xlinker -lz
# A directory with the archives alone, so that the linker takes them: distributions name the shared libraries differently. Without
# libstdc++.a, whose random numbers need glibc 2.36, and Ubuntu 22.04 has 2.35.
ARCHIVES := build/archives
HOST_FLAGS := --scratch-path .build-host -c release --product macos-virt $(SAME_BYTES) --static-swift-stdlib -Xlinker -s -Xlinker --build-id=none -Xswiftc -L$(CURDIR)/$(ARCHIVES) -Xlinker $(CURDIR)/$(VERSION_OBJECT)

.PHONY: deps build static host size lint docs help clean

## deps: install what building needs
deps:
	scripts/install-packages $(PACKAGES)
	@command -v swift >/dev/null || { echo 'Swift 6.2 or newer is missing: see https://www.swift.org/install/linux' >&2; exit 1; }

## build: everything, for debugging
build: deps
	scripts/swift build

## static: build/boot, one file that needs no other
static: deps $(VERSION_OBJECT)
	scripts/build-libkmod
	@echo 'swift build --product boot'
	@scripts/swift build $(STATIC_FLAGS) 2>&1 | sed --unbuffered '/in statically linked applications requires at runtime/d'
	@# Hashes of the compiler's arguments, with this directory in them: nothing reads them.
	@mkdir -p build && objcopy --remove-section=.swift_modhash "$$(scripts/swift build $(STATIC_FLAGS) --show-bin-path)/boot" build/boot
	$(MAKE) --no-print-directory size

## host: build/macos-virt, the tool that makes and runs the images
host: deps $(VERSION_OBJECT)
	@mkdir -p $(ARCHIVES) && for name in bz2 lzma z; do ln -sf "$$(clang -print-file-name=lib$$name.a)" $(ARCHIVES)/; done
	@echo 'swift build --product macos-virt'
	@scripts/swift build $(HOST_FLAGS)
	@mkdir -p build && objcopy --remove-section=.swift_modhash "$$(scripts/swift build $(HOST_FLAGS) --show-bin-path)/macos-virt" build/macos-virt

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

## lint: format, and what may be imported where; of Python, unused imports and undefined names
lint:
	scripts/install-packages pyflakes3
	pyflakes3 Tests bench scripts/check-layers scripts/sbom scripts/make-lzfse-vectors
	swift format lint --strict --parallel --recursive Sources Tests
	scripts/check-layers
	@! grep --recursive --line-number --extended-regexp '^([a-z]+ )?import (Glibc|C[A-Z][A-Za-z]*)$$' Sources/Booter/Plan \
		|| { echo 'a plan is pure: no C below Sources/Booter/Plan' >&2; exit 1; }

## docs: the table of keys in docs/configuration.md, from the keys
docs: build
	mkdir -p build
	table=$$("$$(scripts/swift build --show-bin-path)/boot" keys --markdown) && \
	awk -v table="$$table" '/configuration:begin/ { print; print table; skip = 1 } /configuration:end/ { skip = 0 } !skip' \
		docs/configuration.md >build/configuration.md && mv build/configuration.md docs/configuration.md

## help: this list
help:
	@sed --quiet 's/^## //p' Makefile

## clean: remove what was built
clean:
	rm -rf .build .build-static .build-host .build-fuzz build dist

# The suites that need neither root nor a machine of their own; what they call is in their packages.txt.
PURE_PACKAGES = $(filter-out Tests/KernelTests/%,$(wildcard Tests/*Tests/packages.txt))
# The tests' own bundle, started directly where it needs root: SwiftPM would leave files of root's in .build.
BUNDLE = $$(scripts/swift build --show-bin-path)/macos-virtPackageTests.xctest --testing-library swift-testing
AS_ROOT := $(if $(filter 0,$(shell id --user)),,sudo --preserve-env=PATH,CI,KILLS)

# What `make soak` narrows down.
KERNEL_TESTS := ^KernelTests\.
.PHONY: test test-pure test-harness test-kernel soak test-end-to-end test-installer test-mkimage test-opencore test-image test-container run

## test: everything, the nested boot included
test: lint test-pure test-harness test-kernel test-volume test-installer test-mkimage test-opencore test-end-to-end test-image test-container

## test-pure: parsers, plans, encodings, formats; no root, seconds
test-pure: deps
	scripts/install-packages $(PURE_PACKAGES)
	scripts/swift build --build-tests
	swift test --skip-build --disable-xctest --skip '^KernelTests\.'

## test-harness: what the Python suites share; seconds
test-harness:
	scripts/install-packages Tests/Harness/packages.txt
	Tests/Harness/run

## test-kernel: real tap, nf_tables, dnsmasq and DHCP clients, in network and mount namespaces of their own
test-kernel: deps
	scripts/install-packages Tests/KernelTests/packages.txt
	scripts/swift build --build-tests
	$(AS_ROOT) env OUTER_NETNS="$$(readlink /proc/self/ns/net)" unshare --net --mount --propagation private sh -ec 'mount -t sysfs sysfs /sys; ip link set lo up; exec "$$@"' - \
		$(BUNDLE) --no-parallel --filter '$(KERNEL_TESTS)'

## soak: a thousand SIGKILLs of setup-nat, run and down, and one at each of their system calls; a quarter of an hour
soak:
	KILLS=1000 $(MAKE) --no-print-directory test-kernel KERNEL_TESTS='^KernelTests\..*/Kills/'

## test-installer: mkinstaller and cache against a server in the place of Apple's; half a minute
test-installer: deps
	scripts/install-packages Tests/Installer/packages.txt
	scripts/swift build --product macos-virt
	Tests/Installer/run

## test-mkimage: the script of mkimage, its driver against a stand-in of QEMU, and a whole installation of a stand-in macOS; five minutes
test-mkimage: deps
	scripts/install-packages Tests/Install/packages.txt
	swift build --product macos-virt
	Tests/Install/run

## test-end-to-end: a nested boot: a Linux VM, `boot` in it, and a guest in that
test-end-to-end: static
	scripts/install-packages Tests/EndToEnd/packages.txt
	Tests/EndToEnd/run

## test-opencore: the OpenCore disk, started by UEFI and BIOS. OPENCORE_ZIP=... takes a real one; see Tests/OpenCore/README.md
test-opencore: deps $(if $(OPENCORE_ZIP),static)
	scripts/install-packages Tests/OpenCore/packages.txt $(if $(OPENCORE_ZIP),Tests/EndToEnd/packages.txt)
	scripts/swift build --product macos-virt
	Tests/OpenCore/run

## test-container: the Dockerfile, built on a base made here; linuxkit.yml and compose.yaml, checked and started by runc
test-container: deps
	scripts/install-packages Tests/Container/packages.txt
	$(AS_ROOT) Tests/Container/run

## test-volume: an HFS+ volume that was written here, mounted by Linux in an emulated machine
test-volume: deps
	scripts/install-packages Tests/Volume/packages.txt
	scripts/swift build --product VolumeSample
	Tests/Volume/run --sample "$$(scripts/swift build --show-bin-path)/VolumeSample"

# How many inputs `make fuzz` tries, and where it begins.
FUZZ := 10000000
FUZZ_SEED := 1
.PHONY: fuzz test-volume
## fuzz: ten million changed inputs for the parsers of Apple's media, with AddressSanitizer; five minutes after the build. FUZZ=N FUZZ_SEED=N
fuzz: deps
	scripts/install-packages Tests/MediaFuzzTests/packages.txt
	scripts/swift build --configuration release --build-tests -Xswiftc -enable-testing --sanitize=address --scratch-path .build-fuzz
	ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8 FUZZ=$(FUZZ) FUZZ_SEED=$(FUZZ_SEED) swift test --skip-build --configuration release --disable-xctest -Xswiftc -enable-testing \
		--sanitize=address --scratch-path .build-fuzz --filter '^MediaFuzzTests\.'

SUITE := trixie
.PHONY: test-front-door
## test-front-door: the README's commands on a fresh Debian. SUITE=bookworm SUDO=1 ONLY='make run'; half an hour
test-front-door:
	scripts/install-packages Tests/FrontDoor/packages.txt
	$(AS_ROOT) Tests/FrontDoor/run --suite $(SUITE) $(if $(SUDO),--sudo) $(if $(ONLY),--only '$(ONLY)')

## test-image: the Linux image, made and booted by UEFI, by BIOS and directly, on every kind of disk, with a guest in it
test-image: static
	scripts/install-packages Tests/EndToEnd/packages.txt
	scripts/swift build --product macos-virt
	Tests/EndToEnd/run --image "$$(scripts/swift build --show-bin-path)/macos-virt"

## run: the Linux image on this machine, with a guest in it, for a person. MACOS=DISK OPENCORE=IMAGE take real images
run: static host
	scripts/install-packages Tests/EndToEnd/packages.txt
	Tests/EndToEnd/run --interactive $(if $(OPENCORE),--opencore '$(OPENCORE)') $(if $(MACOS),--macos '$(MACOS)')

.PHONY: release

## release: dist/ with the programs, the Linux image, their sums and a list of what is in them. MANIFEST=manifest.json takes its packages
release: static host
	rm -rf build/dist && mkdir -p build/dist
	@# Nothing but the C and C++ libraries, whose names are the same everywhere.
	@readelf -d build/macos-virt | awk '/NEEDED/ && !/\[(lib(c|m|stdc\+\+|gcc_s)\.so|ld-linux)/ { print; bad = 1 } END { exit bad }'
	install build/boot build/macos-virt build/dist
	build/macos-virt mklinux --boot build/boot --output build/release $(if $(MANIFEST),--packages '$(MANIFEST)')
	cd build/release && install --mode 644 linux.img vmlinuz initrd manifest.json ../dist
	install --mode 644 LICENSE NOTICE build/dist
	scripts/sbom --version '$(VERSION)' --libraries build/lib/libkmod.a.stamp build/dist >build/sbom.spdx.json
	install --mode 644 build/sbom.spdx.json build/dist
	cd build/dist && sha256sum -- * >../SHA256SUMS && mv ../SHA256SUMS .
	rm -rf dist && mv build/dist dist
	@cat dist/SHA256SUMS

.PHONY: bench bench-image bench-media bench-soak

## bench: what boot run costs until QEMU begins, beside shells that do the same; see bench/README.md. EARLIER=BOOT adds another build
bench: static
	scripts/install-packages bench/packages.txt
	mkdir -p build/bench
	gcc -O2 -static -Wall -Wextra -Werror -o build/bench/stand-in bench/stand-in.c
	$(AS_ROOT) bench/run $(if $(EARLIER),--earlier '$(EARLIER)')

## bench-image: what the Linux image takes of time and memory until QEMU begins; see bench/README.md
bench-image: static
	scripts/install-packages bench/packages.txt Tests/EndToEnd/packages.txt
	mkdir -p build/bench
	gcc -O2 -static -Wall -Wextra -Werror -o build/bench/mark bench/mark.c
	scripts/swift build --product macos-virt
	bench/image --macos-virt "$$(scripts/swift build --show-bin-path)/macos-virt"

## bench-soak: four busy days of a supervised guest in two minutes, and whether boot grows; see bench/README.md
bench-soak: static
	scripts/install-packages bench/packages.txt
	$(AS_ROOT) bench/soak

## bench-media: decoding disk images beside 7zz and dmg2img, in rate and memory; see bench/README.md
bench-media: host
	scripts/install-packages bench/media/packages.txt
	bench/media/run --macos-virt build/macos-virt
