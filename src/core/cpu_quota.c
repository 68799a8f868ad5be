/* SPDX-License-Identifier: MIT
 * cpu_quota.c - affinity, and the quota of a container.
 *
 * A process is in a control group, which lies in others; each may have a quota, and the smallest
 * one applies. Version 2 has one tree, and cpu.max with quota and period in one line; version 1 has
 * a tree for each controller, and two files. In a container the path may be the host's and not
 * exist inside; then the mount itself is the group. Source: the kernel's cgroup-v2.rst and
 * cgroup-v1/cpusets.rst. */
#define _GNU_SOURCE
#include "core/cpu_quota.h"
#include "core/text.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

int kr__cpus_by_affinity(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than a cpu_set_t holds */
    return n < 1 ? 1 : (int)n;
}

/* The first line of folder/name, without its end. */
static bool read_line(const char *folder, const char *name, char *line, size_t size) {
    char path[2 * PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool is_read = fgets(line, (int)size, file) != NULL;
    fclose(file);
    if (is_read) line[strcspn(line, "\n")] = '\0';
    return is_read;
}

/* CPUs by the two numbers of a quota, in microseconds; 0: no limit. */
static int count_cpus(const char *quota, const char *period) {
    char *end = NULL;
    double granted = kr__text_strtod(quota, &end), of = kr__text_strtod(period, NULL);
    if (end == quota || !(granted > 0) || !(of > 0)) return 0; /* "max", -1, nonsense */
    double cpus = granted / of;
    return cpus <= 1e6 ? (int)cpus + ((double)(int)cpus < cpus) : 0;
}

static int group_quota(const char *folder) {
    char line[128], period[64];
    if (read_line(folder, "cpu.max", line, sizeof line)) {
        char *space = strchr(line, ' ');
        return space ? count_cpus(line, space + 1) : 0;
    }
    if (!read_line(folder, "cpu.cfs_quota_us", line, sizeof line)) return 0;
    if (!read_line(folder, "cpu.cfs_period_us", period, sizeof period)) return 0;
    return count_cpus(line, period);
}

/* The smallest quota of folder and of all above it, up to its first `root` bytes. */
static int smallest_quota(char *folder, size_t root) {
    int least = 0;
    for (;;) {
        int n = group_quota(folder);
        if (n > 0 && (least == 0 || n < least)) least = n;
        char *slash = strrchr(folder + root, '/');
        if (!slash) return least;
        *slash = '\0';
    }
}

/* Is "cpu" in "cpu,cpuacct"? In version 2 the list is empty. */
static bool has_cpu(const char *controllers) {
    for (const char *name = controllers; name; name = strchr(name, ',')) {
        if (*name == ',') name++;
        if (strncmp(name, "cpu", 3) == 0 && (name[3] == ',' || name[3] == '\0')) return true;
    }
    return *controllers == '\0';
}

int kr__cpus_by_quota(const char *groups, const char *mount) {
    char line[PATH_SIZE], folder[2 * PATH_SIZE];
    int least = 0;
    FILE *file = fopen(groups, "re");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) { /* number:controllers:path */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path) continue;
        *controllers++ = *path++ = '\0';
        if (!has_cpu(controllers)) continue;
        bool is_old = *controllers != '\0';
        int root = snprintf(folder, sizeof folder, "%s%s%s", mount, is_old ? "/" : "", controllers);
        if (strcmp(path, "/") == 0) path = "";
        snprintf(folder + root, sizeof folder - (size_t)root, "%s", path);
        int n = smallest_quota(folder, (size_t)root);
        if (n > 0 && (least == 0 || n < least)) least = n;
    }
    fclose(file);
    return least;
}
