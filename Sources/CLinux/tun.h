// Tap devices: numbers that are macros, see linux/if_tun.h.
#pragma once
#include <linux/if_tun.h>
