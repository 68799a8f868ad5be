/* SPDX-License-Identifier: MIT
 * comma_locale.c - a locale of our own: glibc reads the file LC_NUMERIC below the folder of
 * LOCPATH. */
#define _GNU_SOURCE
#include "support/comma_locale.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* glibc's form: a mark, the number of items, where each begins, the items: decimal sign, sign of
 * thousands, sizes of groups, both signs as wide characters, the character set. */
static const struct {
    uint32_t mark, n_items, at[6];
    char point[2], thousands[2], groups[4];
    uint32_t wide[2];
    char character_set[16];
} numeric = {0x20031114, 6,          {32, 34, 36, 40, 44, 48}, ",", ".",
             "\3\3",     {',', '.'}, "ANSI_X3.4-1968"};

static char folder[32], sub[48], file[64];

void comma_locale_begin(void) {
    snprintf(folder, sizeof folder, "/tmp/krait-locale-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(sub, sizeof sub, "%s/comma", folder);
    snprintf(file, sizeof file, "%s/LC_NUMERIC", sub);
    assert_int_equal(mkdir(sub, 0755), 0);
    FILE *stream = fopen(file, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(&numeric, sizeof numeric - 1, 1, stream), 1);
    assert_int_equal(fclose(stream), 0);
    setenv("LOCPATH", folder, 1);
    assert_non_null(setlocale(LC_NUMERIC, "comma"));
    assert_string_equal(localeconv()->decimal_point, ",");
}

void comma_locale_end(void) {
    setlocale(LC_NUMERIC, "C");
    unsetenv("LOCPATH");
    assert_int_equal(unlink(file) | rmdir(sub) | rmdir(folder), 0);
}
