// What macOS looks for in the ACPI of a Mac and QEMU's q35 does not have.
DefinitionBlock ("", "SSDT", 2, "MACVRT", "ECUSBX", 0x00000001)
{
    Scope (\_SB)
    {
        // Since macOS 10.15 the driver of the USB ports' power waits for a device named EC. A controller that is not there answers
        // to nothing, so its hardware ID is one that no driver knows.
        Device (EC)
        {
            Name (_HID, "MVRT0001")
            Method (_STA, 0, NotSerialized)
            {
                If (_OSI ("Darwin")) { Return (0x0F) }
                Return (Zero)
            }
        }

        // How much current a port may give, in mA, asleep and awake: without it a device that is passed through does not charge.
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
                // A query for what is there, then the properties themselves.
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
