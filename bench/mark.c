// Says when a start has reached a point, by the kernel's own clock, and what memory Linux uses then; and switches the machine off.
//
// As /init it is all that an initrd has: the least that this kernel can do. As /usr/bin/boot it runs the real one, /usr/bin/boot.real,
// as a debugger does, and is woken at the one moment that counts: execve(2) has taken boot's memory apart, and of QEMU not one
// instruction has run. Prints "mark SECONDS NAME" for each note that was left in the kernel's log, and "memory TOTAL AVAILABLE" in KiB.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

// What every note begins with, as the image's scripts write it.
static const char prefix[] = "macos-virt: ";

static void note(const char *name) {
    char line[128];
    int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    int length = snprintf(line, sizeof line, "<6>%s%s\n", prefix, name);
    if (log < 0 || write(log, line, length) != length) perror("mark: /dev/kmsg");
    close(log);
}

// Documentation/ABI/testing/dev-kmsg: "priority,sequence,microseconds,flags;text\n".
static void tell_notes(void) {
    char record[8192];
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (ssize_t length; (length = read(log, record, sizeof record - 1)) > 0 || errno == EPIPE;) {
        if (length <= 0) continue;
        record[length] = 0;
        long long time;
        char *text = strchr(record, ';');
        if (!text || sscanf(record, "%*u,%*u,%lld", &time) != 1 || strncmp(text + 1, prefix, sizeof prefix - 1)) continue;
        printf("mark %lld.%06lld %.*s\n", time / 1000000, time % 1000000, (int)strcspn(text + sizeof prefix, "\n"), text + sizeof prefix);
    }
    close(log);
}

static void tell_memory(void) {
    char text[4096] = "";
    long total = 0, available = 0;
    int file = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    if (read(file, text, sizeof text - 1) > 0) {
        char *line = strstr(text, "MemAvailable:");
        sscanf(text, "MemTotal: %ld", &total);
        if (line) sscanf(line, "MemAvailable: %ld", &available);
        printf("memory %ld %ld\n%s", total, available, text);
    }
    close(file);
}

static void end(void) {
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    exit(1);
}

int main(int argc, char **argv) {
    (void)argc;
    if (getpid() == 1) {
        mount("dev", "/dev", "devtmpfs", 0, NULL);
        mount("proc", "/proc", "proc", 0, NULL);
        note("initrd");
        tell_notes();
        tell_memory();
        end();
    }
    // The child waits until it is watched.
    int gate[2], status;
    if (pipe2(gate, O_CLOEXEC)) perror("mark: pipe");
    pid_t child = fork();
    if (child == 0) {
        close(gate[1]);
        (void)!read(gate[0], &(char){0}, 1);
        argv[0] = "/usr/bin/boot.real";
        execv(argv[0], argv);
        perror("mark: /usr/bin/boot.real");
        _exit(127);
    }
    if (child < 0 || ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)) perror("mark: ptrace");
    close(gate[1]);
    // The first execution is boot's own, the second is QEMU's.
    for (int executions = 0; waitpid(child, &status, __WALL) == child && WIFSTOPPED(status);) {
        int is_execution = status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
        if (is_execution && ++executions == 2) {
            note("QEMU");
            tell_notes();
            tell_memory();
            end();
        }
        ptrace(PTRACE_CONT, child, 0, status >> 16 ? 0 : WSTOPSIG(status));
    }
    printf("mark: boot ended before it became QEMU\n");
    end();
}
