// Tap devices: struct ifreq is a union that Swift sees badly, and the requests are macros; see linux/if_tun.h.
#pragma once
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

/// TUNSETIFF: attaches the open /dev/net/tun to the interface `name`, which is made when it is not there.
static inline int mv_tun_attach(int fd, const char *name, int flags) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = (short)flags;
    return ioctl(fd, TUNSETIFF, &request);
}
/// TUNSETPERSIST: whether the interface outlives its descriptors.
static inline int mv_tun_set_persistent(int fd, int persistent) { return ioctl(fd, TUNSETPERSIST, (unsigned long)persistent); }
