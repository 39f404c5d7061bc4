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
        // By default, OpenCore refuses an apfs.efi older than the last update of macOS 11.
        if profile.macOS.lowerBound <= .bigSur { (uefi.apfs.minDate, uefi.apfs.minVersion) = (-1, -1) }
        applyPicker(profile.picker)
        misc.security.scanPolicy = profile.scan.mask
        if profile.build == .debug { applyLogging() }
        applyIdentity(profile.identity)
        applyVariables(profile)
        applyVersion(profile.version)
    }

    private mutating func applyPicker(_ picker: Picker) {
        misc.boot.showPicker = picker.isShown
        misc.boot.timeout = picker.timeout
        if picker.isGraphical { misc.boot.pickerMode = .external }
        // A text menu also appears on the serial port, a server's console.
        if picker.isShown && !picker.isGraphical { uefi.output.textRenderer = .systemText }
        // Reset NVRAM and other tools are of use only in a visible menu.
        misc.boot.hideAuxiliary = !picker.isShown
    }

    /// Of a DEBUG build.
    private mutating func applyLogging() {
        // 1 enables logging, 8 sends it to the serial port. With 2, the screen, each line would appear twice: OVMF's console is
        // on the serial port as well.
        misc.debug.target = 1 | 8
        // DEBUG_ERROR 0x80000000, DEBUG_INFO 0x40 and DEBUG_WARN 0x2 as in the sample, and DEBUG_VERBOSE 0x400000.
        misc.debug.displayLevel = 0x8040_0042
        misc.debug.appleDebug = true
        // Logging to a serial port is slow, and the firmware's watchdog resets the machine after five minutes.
        misc.debug.disableWatchDog = true
        // Bits 2 and 3 in addition to the sample's: the menu shows version and build.
        misc.security.exposeSensitiveData = 15
    }

    private mutating func applyIdentity(_ identity: MacIdentity) {
        platformInfo.generic.systemProductName = identity.model.rawValue
        platformInfo.generic.systemSerialNumber = identity.serial
        platformInfo.generic.mlb = identity.boardSerial
        platformInfo.generic.systemUUID = identity.uuid
        platformInfo.generic.rom = Data(identity.mac.bytes)
    }

    private mutating func applyVariables(_ profile: GuestProfile) {
        var arguments = [
            // A panic shows function names instead of addresses.
            "keepsyms=1",
            // A vCPU that is not scheduled in time must not cause a panic: no timeout for TLB flushes.
            // https://www.nicksherlock.com/2020/08, https://github.com/kholia/OSX-KVM
            "tlbto_us=0",
        ]
        // The timeout for interrupts is longer. Before macOS 12 it makes mutexes spin eight times as long, and nothing else
        // (osfmk/i386/machine_routines.c): a disk for such releases alone goes without.
        if profile.macOS.upperBound >= .monterey { arguments.append("vti=9") }
        // Lilu refuses releases newer than those it was built for, although it works in this one.
        if profile.macOS.upperBound >= .tahoe && !profile.kexts.isEmpty { arguments.append("-lilubetaall") }
        // serial=3: XNU's console on the serial port, input and output. debug=0x100: a panic stays readable. Not -v, which is
        // reported to hang guests with several CPUs since macOS 13.
        if profile.build == .debug { arguments += ["serial=3", "debug=0x100"] }
        nvram.add[NVRAMSection.apple] = [
            "boot-args": .string((arguments + profile.bootArguments).joined(separator: " ")),
            "csr-active-config": .data(profile.integrity.data),
            // English with the US layout, instead of a question for the language.
            "prev-lang:kbd": .data(Data("en-US:0".utf8)),
            // There is no Apple firmware to update.
            "run-efi-updater": .string("No"),
        ]
        // The image sets these at each start: values that the guest wrote do not persist.
        nvram.delete[NVRAMSection.apple] = ["boot-args", "csr-active-config"]
    }

    /// Adds the keys of later versions.
    private mutating func applyVersion(_ version: OpenCoreVersion) {
        if version >= .unload { uefi.unload = [] }
        if version >= .clearTaskSwitchBit { booter.quirks.clearTaskSwitchBit = false }
        if version >= .driverHideVerbose {
            for index in uefi.drivers.indices { uefi.drivers[index].hideVerbose = false }
        }
    }
}
