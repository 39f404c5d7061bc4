// Devices that macOS expects in ACPI and QEMU's q35 lacks.
DefinitionBlock ("", "SSDT", 2, "MACVRT", "ECUSBX", 0x00000001)
{
    Scope (\_SB)
    {
        // Since macOS 10.15, the driver for USB port power waits for a device named EC. There is no such controller, so its hardware
        // ID must match no driver.
        Device (EC)
        {
            Name (_HID, "MVRT0001")
            Method (_STA, 0, NotSerialized)
            {
                If (_OSI ("Darwin")) { Return (0x0F) }
                Return (Zero)
            }
        }

        // The current that a port may supply, in mA, asleep and awake: without it, a passed-through device does not charge.
        Device (USBX)
        {
            Name (_ADR, Zero)
            Method (_STA, 0, NotSerialized)
            {
                If (_OSI ("Darwin")) { Return (0x0F) }
                Return (Zero)
            }
            Method (_DSM, 4, NotSerialized)
            {
                // Function 0 lists the supported functions; function 1 returns the properties.
                If (LEqual (Arg2, Zero)) { Return (Buffer () { 0x03 }) }
                Return (Package ()
                {
                    "kUSBSleepPowerSupply", 5100,
                    "kUSBSleepPortCurrentLimit", 2100,
                    "kUSBWakePowerSupply", 5100,
                    "kUSBWakePortCurrentLimit", 2100
                })
            }
        }
    }
}
