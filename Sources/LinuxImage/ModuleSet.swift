/// The kernel modules of the image, and why. Names that the kernel has built in or lacks are skipped; dependencies are added.
enum ModuleSet {
    /// In the initrd: what is needed to mount the root file system.
    static let storage = [
        // The compressed root, and the file that contains it when there is no disk.
        "erofs", "loop",
        // PCs and most hypervisors: AHCI, IDE, NVMe.
        "ahci", "ata_piix", "ata_generic", "nvme", "sd_mod", "sr_mod",
        // QEMU, Google, most clouds.
        "virtio_pci", "virtio_blk", "virtio_scsi",
        // VMware: its own and the emulated LSI ones. Hyper-V and Azure. Xen.
        "vmw_pvscsi", "mptspi", "mptsas", "hv_storvsc", "hv_vmbus", "xen_blkfront",
        // Physical machines and USB sticks.
        "uas", "usb_storage", "xhci_pci", "ehci_pci", "megaraid_sas", "mpt3sas", "sdhci_pci", "mmc_block",
        // The CRC of nf_tables and of ext4's and others' metadata, asked for by name only.
        "crc32c_generic", "crc32c_intel",
        // The configuration disk or CD, and the disk's own state partition.
        "vfat", "isofs", "nls_cp437", "nls_ascii", "nls_iso8859_1", "nls_utf8",
    ]

    /// In the root file system.
    static let network = [
        "virtio_net", "vmxnet3", "hv_netvsc", "xen_netfront", "ena", "gve",
        // Emulated by hypervisors, and in physical machines.
        "e1000", "e1000e", "8139cp", "8139too", "pcnet32", "igb", "igc", "ixgbe", "r8169", "tg3",
        // SR-IOV, on Azure and other clouds.
        "pci_hyperv", "mlx4_en", "mlx5_core", "mana", "igbvf", "ixgbevf", "iavf",
    ]

    /// What `boot` loads: its ModuleTable, with the expressions that nf_tables loads by itself elsewhere.
    static let hypervisor = [
        "kvm", "kvm_intel", "kvm_amd", "tun", "vhost_net", "crc32c_generic", "nf_tables", "nft_chain_nat", "nft_masq", "nft_nat",
        "nft_ct", "nft_fib_inet", "nft_fib_ipv4", "nft_fib_ipv6", "nft_limit", "nft_log", "nft_reject_inet", "nft_redir",
    ]

    /// Power button, keyboard, and the devices by which hypervisors manage a guest.
    static let rest = [
        "button", "evdev", "usbhid", "hid_generic", "hid_hyperv", "hyperv_keyboard", "atkbd", "i8042", "virtio_console", "virtio_balloon",
        "virtio_rng", "hv_balloon", "hv_utils", "xen_fbfront", "af_packet", "unix", "ipv6",
    ]

    static let root = storage + network + hypervisor + rest
}
