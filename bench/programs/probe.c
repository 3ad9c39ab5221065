/* What is measured from inside a job or a reader: times of CLOCK_MONOTONIC in nanoseconds, which all processes share.
 *   probe job FILE MS       a job of MS milliseconds that appends "start end" to FILE
 *   probe lines COUNT US    prints COUNT lines, each the time of its write, US microseconds apart
 *   probe receive FILE COUNT  reads COUNT such lines, then writes the microseconds that each was under way to FILE
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void rest(long long ns) {
    struct timespec t = {ns / 1000000000LL, ns % 1000000000LL};
    nanosleep(&t, NULL);
}

static int job(const char *file, int ms) {
    long long start = now();
    char line[64];
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    rest(ms * 1000000LL);
    int length = snprintf(line, sizeof line, "%lld %lld\n", start, now());
    return fd >= 0 && write(fd, line, length) == length ? 0 : 1;
}

static int lines(int count, int us) {
    char line[64];
    for (int n = 0; n < count; n++) {
        int length = snprintf(line, sizeof line, "%lld\n", now());
        if (write(1, line, length) != length) return 1;
        rest(us * 1000LL);
    }
    return 0;
}

static int receive(const char *file, int count) {
    char buffer[65536];
    size_t held = 0;
    FILE *out = fopen(file, "w");
    if (!out) return 1;
    while (count > 0) {
        ssize_t got = read(0, buffer + held, sizeof buffer - held);
        long long at = now();
        if (got <= 0) break;
        held += got;
        char *line = buffer, *end;
        while ((end = memchr(line, '\n', held - (line - buffer)))) {
            fprintf(out, "%.1f\n", (at - strtoll(line, NULL, 10)) / 1000.0);
            line = end + 1;
            count--;
        }
        held -= line - buffer;
        memmove(buffer, line, held);
    }
    return fclose(out) ? 1 : 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "job")) return job(argv[2], atoi(argv[3]));
    if (argc == 4 && !strcmp(argv[1], "lines")) return lines(atoi(argv[2]), atoi(argv[3]));
    if (argc == 4 && !strcmp(argv[1], "receive")) return receive(argv[2], atoi(argv[3]));
    return 64;
}
