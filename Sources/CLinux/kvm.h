// KVM ioctls: numbers that are macros, see linux/kvm.h.
#pragma once
#include <linux/kvm.h>
