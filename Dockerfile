# The container with `boot` and all that it calls: for linuxkit.yml, compose.yaml, or a docker run. See docs/containers.md.
#
#   docker build --platform linux/amd64 --build-arg VERSION="$(git describe --always --dirty --tags)" -t localhost/macos-virt/boot:local .
#
# A build that shall give the same packages next year names both base images by digest, which `docker buildx imagetools inspect`
# prints: --build-arg DEBIAN_IMAGE=debian:trixie-slim@sha256:... and SWIFT_IMAGE likewise.
ARG SWIFT_IMAGE=docker.io/library/swift:6.2-bookworm
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim

FROM ${SWIFT_IMAGE} AS build
WORKDIR /src
# What changes seldom comes first: the packages, and libkmod.a from Debian's source.
COPY Makefile ./
COPY scripts scripts
RUN scripts/install-packages make && make deps && scripts/build-libkmod
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
# The repository's history is not part of the build, so the version comes from outside.
ARG VERSION=unknown
RUN make static VERSION="${VERSION}"

FROM ${DEBIAN_IMAGE}
# QEMU with its firmware (seabios, ipxe-qemu), OVMF, and the DHCP and DNS server of the guest's network. Logs and caches hold the time
# of the build; without them two builds from the same packages are equal. In a VM that keeps the container in memory, as linuxkit's, each
# file takes memory of the guest; the licences stay.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends qemu-system-x86 ovmf dnsmasq-base \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig /var/cache/debconf/*-old \
        /var/lib/dpkg/*-old /var/cache/apt/*.bin /usr/share/info /usr/share/locale /usr/share/man \
    && find /usr/share/doc -type f ! -name copyright -delete
COPY --from=build /src/build/boot /usr/bin/boot
# What this QEMU can do, so that no start has to ask it. Emulated builders may be too slow for its answer: then the first start asks.
RUN boot bake-qemu || echo 'QEMU will be asked when boot starts' >&2

ARG VERSION=unknown
LABEL org.opencontainers.image.title="macos-virt boot" \
    org.opencontainers.image.description="Turns a Linux machine into a macOS hypervisor and supervises its guest" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.base.name="docker.io/library/debian:trixie-slim"
# linuxkit's defaults for this image: the same as in linuxkit.yml, where each has its reason.
LABEL org.mobyproject.config='{"capabilities": ["CAP_NET_ADMIN", "CAP_SYS_MODULE", "CAP_MKNOD", "CAP_SYS_PTRACE", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL"], "binds": ["/dev:/dev", "/lib/modules:/lib/modules:ro", "/etc/resolv.conf:/etc/resolv.conf", "/run/config:/run/config:ro", "/var/lib/macos-virt:/var/lib/macos-virt"], "devices": [{"path": "all", "type": "b"}, {"path": "/dev/kvm", "type": "c", "major": 10, "minor": 232, "mode": "0600"}, {"path": "/dev/net/tun", "type": "c", "major": 10, "minor": 200, "mode": "0600"}, {"path": "/dev/vhost-net", "type": "c", "major": 10, "minor": 238, "mode": "0600"}, {"path": "/dev/input/event0", "type": "c", "major": 13, "minor": 64, "mode": "0400"}, {"path": "/dev/input/event1", "type": "c", "major": 13, "minor": 65, "mode": "0400"}, {"path": "/dev/input/event2", "type": "c", "major": 13, "minor": 66, "mode": "0400"}, {"path": "/dev/input/event3", "type": "c", "major": 13, "minor": 67, "mode": "0400"}], "net": "host", "oomScoreAdj": -900, "runtime": {"mkdir": ["/run/config", "/var/lib/macos-virt"]}}'
# `boot` stays process 1: docker stop shuts the guest down, which can take 155 s (docs/supervision.md); give it --time 160.
ENV MACOS_VIRT_GUEST_SUPERVISE=true
ENTRYPOINT ["/usr/bin/boot"]
