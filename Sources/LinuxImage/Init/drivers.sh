# shellcheck shell=dash
# Used by initrd-init.sh and system-init.sh, which have different modules.

# Loads the drivers of all devices. The driver of a controller finds more devices: repeats until there are no new ones.
load_drivers() {
    known=
    for _ in 1 2 3 4; do
        found=
        # ACPI: it describes Hyper-V's bus, which all of its disks are behind.
        for file in /sys/bus/pci/devices/*/modalias /sys/bus/virtio/devices/*/modalias /sys/bus/acpi/devices/*/modalias \
            /sys/bus/vmbus/devices/*/modalias /sys/bus/xen/devices/*/modalias /sys/bus/usb/devices/*/modalias \
            /sys/bus/scsi/devices/*/modalias /sys/bus/mmc/devices/*/modalias /sys/bus/hid/devices/*/modalias \
            /sys/class/input/*/modalias; do
            # Without devices, the pattern itself remains.
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
