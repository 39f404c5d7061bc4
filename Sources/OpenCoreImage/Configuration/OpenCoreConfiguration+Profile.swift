import BootSettings
import Foundation
import NetworkValues

extension OpenCoreConfiguration {
    /// The configuration for a guest.
    package init(for profile: GuestProfile) {
        self.init()
        acpi.add = profile.tables.map { ACPISection.Table(path: $0) }
        kernel.add = profile.kexts
        kernel.patch = profile.patches
        uefi.drivers = profile.drivers.map { UEFISection.Driver(path: $0) }
        uefi.output.resolution = profile.resolution
        // OpenCore refuses apfs.efi of before macOS 11's last update unless told that any will do.
        if profile.macOS.lowerBound <= .bigSur { (uefi.apfs.minDate, uefi.apfs.minVersion) = (-1, -1) }
        applyPicker(profile.picker)
        if profile.build == .debug { applyLogging() }
        applyIdentity(profile.identity)
        applyVariables(profile)
        applyVersion(profile.version)
    }

    private mutating func applyPicker(_ picker: Picker) {
        misc.boot.showPicker = picker.isShown
        misc.boot.timeout = picker.timeout
        if picker.isGraphical { misc.boot.pickerMode = .external }
        // Where there is a menu to be read and no pictures, it is on the serial port too: a server's console.
        if picker.isShown && !picker.isGraphical { uefi.output.textRenderer = .systemText }
        // Reset NVRAM and other tools are for whoever looks at the menu.
        misc.boot.hideAuxiliary = !picker.isShown
    }

    /// Of a DEBUG build.
    private mutating func applyLogging() {
        // 1 switches logging on, 8 sends it to the serial port. 2, the screen, would bring each line twice: OVMF's console is
        // on the serial port as well.
        misc.debug.target = 1 | 8
        // DEBUG_ERROR 0x80000000, DEBUG_INFO 0x40, DEBUG_WARN 0x2 and DEBUG_VERBOSE 0x400000: the sample's and the details.
        misc.debug.displayLevel = 0x8040_0042
        misc.debug.appleDebug = true
        // A log to a serial port is slow; the firmware would give up after five minutes.
        misc.debug.disableWatchDog = true
        // The version and the kind of build, in the menu: bits 2 and 3 beside the sample's.
        misc.security.exposeSensitiveData = 15
    }

    private mutating func applyIdentity(_ identity: MachineIdentity) {
        platformInfo.generic.systemProductName = identity.model.rawValue
        platformInfo.generic.systemSerialNumber = identity.serial
        platformInfo.generic.mlb = identity.boardSerial
        platformInfo.generic.systemUUID = identity.uuid
        platformInfo.generic.rom = Data(identity.mac.bytes)
    }

    private mutating func applyVariables(_ profile: GuestProfile) {
        var arguments = [
            // A panic names functions in place of numbers.
            "keepsyms=1",
            // A vCPU that was not scheduled in time is no reason to panic: no limit for a flush of the TLB, and nine steps more
            // of patience for interrupts. https://www.nicksherlock.com/2020/08, https://github.com/kholia/OSX-KVM
            "tlbto_us=0", "vti=9",
        ]
        // Lilu loads into releases that it was built for; this one is newer than some Lilu that works.
        if profile.macOS.upperBound >= .tahoe && !profile.kexts.isEmpty { arguments.append("-lilubetaall") }
        // 3: XNU's console on the serial port, both ways. 0x100: a panic stays where it can be read. Not -v, which is reported to
        // hang guests with several CPUs since macOS 13.
        if profile.build == .debug { arguments += ["serial=3", "debug=0x100"] }
        nvram.add[NVRAMSection.apple] = [
            "boot-args": .string((arguments + profile.bootArguments).joined(separator: " ")),
            "csr-active-config": .data(profile.integrity.data),
            // Nobody is asked for a language: English with the US layout until somebody chooses.
            "prev-lang:kbd": .data(Data("en-US:0".utf8)),
            // There is no firmware of Apple's to update.
            "run-efi-updater": .string("No"),
        ]
        // The image decides these at each start; what the guest wrote into its NVRAM does not last longer.
        nvram.delete[NVRAMSection.apple] = ["boot-args", "csr-active-config"]
    }

    /// Keys that came with a later version.
    private mutating func applyVersion(_ version: OpenCoreVersion) {
        if version >= .unload { uefi.unload = [] }
        if version >= .clearTaskSwitchBit { booter.quirks.clearTaskSwitchBit = false }
        if version >= .driverHideVerbose {
            for index in uefi.drivers.indices { uefi.drivers[index].hideVerbose = false }
        }
    }
}
