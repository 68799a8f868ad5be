/* SPDX-License-Identifier: MIT
 * cpu_quota.h - how many CPUs this process may use. */
#ifndef KR_CPU_QUOTA_H
#define KR_CPU_QUOTA_H

/* CPUs that the system lets this process run on, at least 1. */
int kr__cpus_by_affinity(void);

/* The CPU time that its control groups grant, in CPUs, rounded up; 0: no limit, or it cannot be
 * read. groups: /proc/self/cgroup; mount: /sys/fs/cgroup, of version 2 or 1. */
int kr__cpus_by_quota(const char *groups, const char *mount);

#endif
