// close_range(2) and the driver of a network link: glibc's Swift module exports neither the one nor struct ethtool_drvinfo.
#pragma once
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Sets FD_CLOEXEC on `first` and every descriptor above it; Linux 5.11.
static inline int mv_close_on_exec_from(unsigned int first) {
    return (int)syscall(SYS_close_range, first, ~0U, 4U /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */);
}

/// Whether link `name` is a tun or tap device (ETHTOOL_GDRVINFO): 1, 0 for another one or none, -1 when it cannot be asked.
static inline int mv_link_is_tun(const char *name) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ethtool_drvinfo info;
    memset(&info, 0, sizeof info);
    info.cmd = ETHTOOL_GDRVINFO;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_data = (char *)&info;
    int result = ioctl(fd, SIOCETHTOOL, &request);
    close(fd);
    return result == 0 && strncmp(info.driver, "tun", sizeof info.driver) == 0;
}
