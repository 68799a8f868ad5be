/* SPDX-License-Identifier: MIT
 * test_output_folder.c - the note of a folder stays with its results, whatever else fails. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/platform.h"
#include "forecast/fitting.h"
#include "framework/output_folder.h"

static command self = {.name = "fit"};
static settings own;
static command_call call = {.self = &self,
                            .given = {.settings = &own, .command_line = "krait fit"}};
static kr_fit_config config;
static const char note[] = "out/.krait_fit.json", result[] = "out/results/fit.json";

static output_claim claim_it(void) {
    return (output_claim){.call = &call,
                          .folder = "out",
                          .noun = "a fit",
                          .holds = {"out/results"},
                          .table = kr__fit_flags(),
                          .config = &config,
                          .data = "rows.csv",
                          .elsewhere = "--out"};
}

static void take_it(void) {
    kr_error err = {.text = ""};
    const output_claim claim = claim_it();
    if (output_folder_take(&claim, &err) != KR_OK) fail_msg("%s", err.text);
}

static void put_result(void) {
    assert_int_equal(kr__make_folders("out/results", NULL), KR_OK);
    assert_int_equal(kr__file_write(result, "{}", 2, NULL), KR_OK);
}

static int enter(void **state) {
    char *folder = strdup("/tmp/krait-folder-XXXXXX");
    *state = folder;
    kr__flags_init(kr__fit_flags(), &config);
    return folder && mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave(void **state) {
    remove(result);
    remove("out/results");
    remove(note);
    remove("out");
    int failed = chdir("/") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void nothing_is_left_without_results(void **state) {
    (void)state;
    take_it();
    assert_true(kr__file_exists(note));
    output_folder_leave();
    assert_false(kr__file_exists("out"));
}

static void others_settings_are_refused(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    take_it();
    put_result();
    output_folder_leave();
    config.horizon = 7;
    const output_claim claim = claim_it();
    assert_int_equal(output_folder_take(&claim, &err), KR_IO);
    assert_non_null(strstr(err.text, "is of a fit with --horizon"));
    output_folder_leave();
}

/* Without descriptors no folder can be listed. */
static void forbid_descriptors(struct rlimit *before) {
    struct rlimit none;
    getrlimit(RLIMIT_NOFILE, before);
    none = *before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

/* It was removed, and the next one with the same settings was refused. */
static void a_folder_that_cannot_be_listed_keeps_its_note(void **state) {
    (void)state;
    struct rlimit before;
    take_it();
    put_result();
    forbid_descriptors(&before);
    output_folder_leave();
    setrlimit(RLIMIT_NOFILE, &before);
    assert_true(kr__file_exists(note));
    take_it();
    output_folder_leave();
}

/* A setting that may change is in the note none the less. */
static void a_note_has_what_may_change(void **state) {
    (void)state;
    static const char *const may_change[] = {"models", NULL};
    kr_error err = {.text = ""};
    output_claim claim = claim_it();
    snprintf(config.models, sizeof config.models, "Naive");
    take_it();
    put_result();
    output_folder_leave();
    snprintf(config.models, sizeof config.models, "RLinear");
    assert_int_equal(output_folder_take(&claim, &err), KR_IO);
    output_folder_leave();
    claim.may_change = may_change;
    assert_int_equal(output_folder_take(&claim, NULL), KR_OK);
    output_folder_leave();
    take_it();
    output_folder_leave();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_left_without_results),
        TEST(others_settings_are_refused),
        TEST(a_folder_that_cannot_be_listed_keeps_its_note),
        TEST(a_note_has_what_may_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
