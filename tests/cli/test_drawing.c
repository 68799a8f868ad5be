/* SPDX-License-Identifier: MIT
 * test_drawing.c - figures that cannot be drawn take nothing else with them. */
#define _GNU_SOURCE
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/program.h"
#include "support/sanitizer.h"

static char path[64];

static kr_status draw(const void *arg, kr_error *err) {
    return kr__file_write(path, arg, strlen(arg), err);
}

static kr_status refuse(const void *arg, kr_error *err) {
    return kr_fail(err, *(const kr_status *)arg, "it cannot be drawn");
}

/* As a library does in the middle of it. */
static kr_status die(const void *arg, kr_error *err) {
    kr_file_writer writer;
    (void)arg;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    abort();
}

static kr_status count_letters(void *arg, void *result, kr_error *err) {
    (void)err;
    *(int *)result = (int)strlen(arg);
    return KR_OK;
}

/* What fontconfig is after want of memory in the middle of its caches. */
#define SEEN __attribute__((visibility("default")))
static bool fonts_are_stuck;
SEEN void *FcInitLoadConfigAndFonts(void);
void *FcInitLoadConfigAndFonts(void) {
    while (fonts_are_stuck) pause();
    return &fonts_are_stuck;
}
SEEN int FcConfigSetCurrent(void *fonts);
int FcConfigSetCurrent(void *fonts) { return fonts == &fonts_are_stuck; }

static void a_figure_is_drawn(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    int n = 0;
    assert_int_equal(draw_apart(draw, "a figure", &err), KR_OK);
    assert_true(kr__file_exists(path));
    assert_int_equal(draw_in_child(count_letters, (char[]){"four"}, &n, sizeof n, &err), KR_OK);
    assert_int_equal(n, 4);
    assert_false(draw_has_failed());
}

static void other_errors_are_errors(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    const kr_status status = KR_IO;
    assert_int_equal(draw_apart(refuse, &status, &err), KR_IO);
    assert_string_equal(err.text, "it cannot be drawn");
    assert_false(draw_has_failed());
}

static void want_of_memory_loses_the_figure_alone(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    const kr_status status = KR_MEMORY;
    assert_int_equal(draw_apart(refuse, &status, &err), KR_OK);
    assert_true(draw_has_failed());
}

static void a_crash_loses_the_figure_alone(void **state) {
    (void)state;
    char pattern[96];
    glob_t found;
    kr_error err = {.text = ""};
    if (HAS_ADDRESS_SANITIZER) skip();
    assert_int_equal(draw_apart(die, NULL, &err), KR_OK);
    assert_true(draw_has_failed());
    snprintf(pattern, sizeof pattern, "%s.krait-*", path);
    assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
}

static void fonts_that_never_come_lose_the_figure_alone(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    if (HAS_ADDRESS_SANITIZER) skip();
    fonts_are_stuck = true;
    unlink(path);
    assert_int_equal(draw_apart(draw, "a figure", &err), KR_OK);
    assert_false(kr__file_exists(path));
    assert_true(draw_has_failed());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_figure_is_drawn),
        cmocka_unit_test(other_errors_are_errors),
        cmocka_unit_test(want_of_memory_loses_the_figure_alone),
        cmocka_unit_test(a_crash_loses_the_figure_alone),
        cmocka_unit_test(fonts_that_never_come_lose_the_figure_alone),
    };
    snprintf(path, sizeof path, "/tmp/krait_drawing_%d", (int)getpid());
    program_begin("test");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
