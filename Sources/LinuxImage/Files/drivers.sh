# shellcheck shell=dash
# Of the initrd and of the root, each with modules of its own.

# What the kernel has found asks for its drivers by name, and a controller's driver finds more: until nothing new comes up.
load_drivers() {
    known=
    for _ in 1 2 3 4; do
        found=
        # ACPI: Hyper-V's own bus, behind which all of its disks are, is a device of the firmware's.
        for file in /sys/bus/pci/devices/*/modalias /sys/bus/virtio/devices/*/modalias /sys/bus/acpi/devices/*/modalias \
            /sys/bus/vmbus/devices/*/modalias /sys/bus/xen/devices/*/modalias /sys/bus/usb/devices/*/modalias \
            /sys/bus/scsi/devices/*/modalias /sys/bus/mmc/devices/*/modalias /sys/bus/hid/devices/*/modalias \
            /sys/class/input/*/modalias; do
            # A bus without devices leaves its pattern.
            [ -f "$file" ] || continue
            read -r alias <"$file"
            found="$found $alias"
        done
        [ "$found" != "$known" ] || break
        known=$found
        # shellcheck disable=SC2086
        modprobe -abq $found
    done
}
