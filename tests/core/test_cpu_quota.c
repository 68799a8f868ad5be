/* SPDX-License-Identifier: MIT
 * test_cpu_quota.c - quotas of control groups, of both versions, nested, absent or strange. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cpu_quota.h"
#include "core/platform.h"

static char root[] = "/tmp/krait-quota-XXXXXX";

static void put(const char *folder, const char *name, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    assert_int_equal(kr__make_folders(path, NULL), KR_OK);
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    assert_int_equal(kr__file_write(path, text, strlen(text), NULL), KR_OK);
}

static int quota(const char *groups) {
    char path[400];
    put("", "cgroup", groups);
    snprintf(path, sizeof path, "%s/cgroup", root);
    return kr__cpus_by_quota(path, root);
}

static void version_two(void **state) {
    (void)state;
    put("a/b", "cpu.max", "max 100000\n");
    assert_int_equal(quota("0::/a/b\n"), 0);
    put("a", "cpu.max", "350000 100000\n");
    assert_int_equal(quota("0::/a/b\n"), 4); /* the outer one holds, rounded up */
    put("a/b", "cpu.max", "50000 100000\n");
    assert_int_equal(quota("0::/a/b\n"), 1);
    assert_int_equal(quota("0::/a\n"), 4);
    assert_int_equal(quota("0::/\n"), 0);
    put("", "cpu.max", "200000 100000\n"); /* in a container: the mount is the group */
    assert_int_equal(quota("0::/\n"), 2);
    assert_int_equal(quota("0::/not/seen/here\n"), 2);
}

static void version_one(void **state) {
    (void)state;
    put("cpu,cpuacct/c", "cpu.cfs_quota_us", "300000\n");
    put("cpu,cpuacct/c", "cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota("4:memory:/c\n3:cpu,cpuacct:/c\n"), 3);
    put("cpu,cpuacct/c", "cpu.cfs_quota_us", "-1\n");
    assert_int_equal(quota("3:cpu,cpuacct:/c\n"), 0);
    put("cpuset/c", "cpu.cfs_quota_us", "200000\n"); /* not that of the CPU's time */
    put("cpuset/c", "cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota("3:cpuset:/c\n"), 0);
    put("cpu/c", "cpu.cfs_quota_us", "500000\n");
    put("cpu/c", "cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota("3:cpu:/c\n"), 5);
    put("cpuacct,cpu/c", "cpu.cfs_quota_us", "600000\n");
    put("cpuacct,cpu/c", "cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota("3:cpuacct,cpu:/c\n"), 6);
}

static void strange_text_is_no_quota(void **state) {
    (void)state;
    assert_int_equal(quota(""), 0);
    assert_int_equal(quota("no colons\n:::\n0:x\n"), 0);
    static const char *const lines[] = {"",    "-1 100000", "100000", "100000 0",
                                        "x y", "1e30 1",    "nan 1",  "inf inf"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        put("odd", "cpu.max", lines[i]);
        assert_int_equal(quota("9:cpu:/odd\n"), 0);
    }
    assert_int_equal(kr__cpus_by_quota("/no/such/file", root), 0);
}

static void affinity_gives_at_least_one(void **state) {
    (void)state;
    assert_true(kr__cpus_by_affinity() >= 1);
}

static int make_root(void **state) {
    (void)state;
    return mkdtemp(root) ? 0 : 1;
}

static int remove_root(void **state) {
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_two),
        cmocka_unit_test(version_one),
        cmocka_unit_test(strange_text_is_no_quota),
        cmocka_unit_test(affinity_gives_at_least_one),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
