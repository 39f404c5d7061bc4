// Stands in for QEMU: answers QEMU's control protocol when asked to, and otherwise says what it cost to get here.
//
// The processor time of a process survives execve(2): what getrusage(2) says at our first line is what the program before us
// used, and its children. One line on standard output: CLOCK_MONOTONIC in nanoseconds, then microseconds of user and system
// time of the process and of the children that it has waited for.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

static int answer(void) {
    // Beside this program lies what it says: the environment is not ours to choose.
    char path[4096], line[65536];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof ".answers");
    if (length < 0) return 1;
    strcpy(path + length, ".answers");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 1;
    // Ours reads to the end whatever it is asked: the answers are written at once, as fast as they are taken.
    for (ssize_t count; (count = read(file, line, sizeof line)) > 0;)
        for (ssize_t done = 0, sent; done < count; done += sent)
            if ((sent = write(1, line + done, count - done)) <= 0) return 1;
    while (read(0, line, sizeof line) > 0) {}
    return 0;
}

int main(int argc, char **argv) {
    struct timespec now;
    struct rusage own, children;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    for (int index = 1; index + 1 < argc; index++)
        if (!strcmp(argv[index], "-qmp") && !strcmp(argv[index + 1], "stdio")) return answer();
    printf("%lld %lld %lld %lld %lld\n", now.tv_sec * 1000000000LL + now.tv_nsec, microseconds(own.ru_utime),
           microseconds(own.ru_stime), microseconds(children.ru_utime), microseconds(children.ru_stime));
    return 0;
}
