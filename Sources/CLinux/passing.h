// Descriptors that go with bytes through a Unix socket: the control messages of sendmsg(2) are macros that Swift does not import.
#pragma once
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/// Sends bytes, and a descriptor with the first of them: SCM_RIGHTS of unix(7). As send(2) without a signal.
static inline ssize_t mv_send_with(int socket, const void *bytes, size_t count, int descriptor) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)bytes, count};
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.space;
    message.msg_controllen = sizeof control.space;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}
