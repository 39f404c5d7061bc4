#!/bin/sh
# Pressed by a cloud that stops this machine: macOS is asked to shut down, and this machine follows it.
exec /usr/bin/boot powerdown
