// libnl 3 and the kernel's own netfilter numbers.
// Errors, lengths and alignment of netlink stay with libnl; only what Swift cannot import is spelled out below.
#pragma once
#include <netinet/in.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/object.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/socket.h>
#include <sys/socket.h>

/// NLMSG_LENGTH(0), a macro with a cast that the importer skips.
static inline int mv_nlmsg_header_length(void) { return NLMSG_HDRLEN; }
