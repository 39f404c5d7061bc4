#!/bin/sh
# Run by acpid when a cloud stops this machine: macOS shuts down, and then this machine.
exec /usr/bin/boot powerdown
