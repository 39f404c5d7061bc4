/// The agent of the image: one script for `sh`, whose parts are files of their own here.
package enum AgentScript {
    /// The parts in their order: functions, and then what is done with them.
    package static let bytes: [UInt8] = [
        PackageResources.agent_report_sh, PackageResources.agent_values_sh, PackageResources.agent_files_sh,
        PackageResources.agent_accounts_sh, PackageResources.agent_system_sh, PackageResources.agent_seed_sh,
        PackageResources.agent_disk_sh, PackageResources.agent_start_sh,
    ].reduce(into: []) { script, part in script += (script.isEmpty ? [] : [0x0a]) + part }
}
