"""The nested boot: this machine (L0) emulates a Linux VM (L1), in which `boot` starts the guest (L2) by KVM."""
