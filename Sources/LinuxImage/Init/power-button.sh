#!/bin/sh
# Run by acpid when a cloud stops this machine: macOS shuts down, and then this machine.
# boot stop: a supervised guest. boot powerdown: with macosvirt.exec. A start that waits for something, or an end that is near, has neither.
/usr/bin/boot stop 2>/dev/null || /usr/bin/boot powerdown || kill -TERM "$(pidof boot)"
