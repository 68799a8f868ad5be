/* SPDX-License-Identifier: MIT
 * test_nextstep_inside.c - what a model's layers hold: against recorded values, of windows, of one
 * pass, of chosen rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/real.h"
#include "nextstep/golden_object.h"
#include "support/workers.h"

enum { FEATURES = 5, LAYERS = 3, WINDOW = 16, STEPS = 70, USED = 64, WIDEST = 32 };

static const struct {
    const char *name;
    kr_inside what;
} kinds[] = {{"rep", KR_INSIDE_LAYER},     {"hidden", KR_INSIDE_HIDDEN}, {"delta", KR_INSIDE_DELTA},
             {"z_gate", KR_INSIDE_Z_GATE}, {"B", KR_INSIDE_B},           {"C", KR_INSIDE_C},
             {"x_conv", KR_INSIDE_X_CONV}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

typedef struct fixture {
    kr_golden *parameters, *recorded;
    kr_nextstep *model;
} fixture;

static fixture open_fixture(void) {
    fixture f = {kr_golden_open("synth/model_next_h1.npz"), kr_golden_open("synth/inside_h1.npz"),
                 NULL};
    f.model = golden_object(f.parameters, 1);
    return f;
}

static void close_fixture(fixture *f) {
    kr_nextstep_destroy(f->model);
    kr_golden_close(f->parameters);
    kr_golden_close(f->recorded);
}

/* All rows of x at once: out (n_rows, width). */
static void collect(const kr_nextstep *model, const kr_real *x, int64_t n_steps, int64_t window,
                    kr_inside what, int64_t layer, kr_real *out) {
    static int64_t rows[4096];
    kr_error err = {.text = ""};
    int64_t n = kr_inside_steps(n_steps, window);
    for (int64_t i = 0; i < n; i++) rows[i] = i;
    const kr_inside_want want = {what, layer, out};
    const kr_inside_request request = {.size = sizeof request,
                                       .n_steps = n_steps,
                                       .x = x,
                                       .window = window,
                                       .n_rows = n,
                                       .rows = rows,
                                       .n_wants = 1,
                                       .wants = &want};
    if (kr_nextstep_look(model, &request, &err) != KR_OK) fail_msg("%s", err.text);
}

/* ---- recorded --------------------------------------------------------------------------- */

static void windows_hold_what_was_recorded(void **state) {
    (void)state;
    fixture f = open_fixture();
    const kr_real *x = kr_golden_real(f.recorded, "X_long", NULL);
    kr_real got[USED * WIDEST];
    assert_int_equal(kr_inside_steps(STEPS, WINDOW), USED);
    for (int i = 0; i < KINDS * LAYERS; i++) {
        char name[32];
        int64_t n, layer = i % LAYERS;
        snprintf(name, sizeof name, "%s/%d", kinds[i / LAYERS].name, (int)layer);
        const kr_real *want = kr_golden_real(f.recorded, name, &n);
        kr_inside what = kinds[i / LAYERS].what;
        assert_int_equal(n, USED * kr_inside_width(f.model, what));
        collect(f.model, x, STEPS, WINDOW, what, layer, got);
        kr_assert_close(got, want, n, 2e-6, true, name, __FILE__, __LINE__);
    }
    collect(f.model, x, STEPS, WINDOW, KR_INSIDE_OUTPUT, 0, got);
    assert_close(got, kr_golden_real(f.recorded, "rep/3", NULL), USED * FEATURES, 2e-6);
    close_fixture(&f);
}

/* ---- long series ------------------------------------------------------------------------ */

enum { LONG = 1100 /* two chunks and a part of one */ };

static kr_real *make_series(void) {
    kr_real *x = kr__calloc(LONG * FEATURES, sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < LONG * FEATURES; i++) x[i] = (kr_real)sin(0.37 * (double)i);
    return x;
}

/* A window as long as the series is one pass. */
static void chunks_are_one_pass(void **state) {
    (void)state;
    fixture f = open_fixture();
    kr_real *x = make_series(), *pass = kr__calloc(LONG * WIDEST, sizeof *pass);
    kr_real *whole = kr__calloc(LONG * WIDEST, sizeof *whole);
    double close = sizeof(kr_real) == 8 ? 1e-12 : 5e-6;
    for (int k = 0; k < KINDS; k++) {
        int64_t n = LONG * kr_inside_width(f.model, kinds[k].what);
        collect(f.model, x, LONG, 0, kinds[k].what, 2, pass);
        collect(f.model, x, LONG, LONG, kinds[k].what, 2, whole);
        kr_assert_close(pass, whole, n, close, true, kinds[k].name, __FILE__, __LINE__);
    }
    kr_free(x), kr_free(pass), kr_free(whole);
    close_fixture(&f);
}

/* Rows of several kinds at once are those of all rows, for any number of threads. */
static void check_rows(kr_nextstep *model, const kr_real *x, int64_t window, int n_workers) {
    const int64_t rows[] = {0, 1, 2, 99, 511, 512, 700, 701, 1055};
    enum { ROWS = sizeof rows / sizeof rows[0], D_MODEL = 16, D_STATE = 8 };
    kr_real layer[ROWS * D_MODEL], b[ROWS * D_STATE];
    kr_real *all = kr__calloc(LONG * WIDEST, sizeof *all);
    kr_error err = {.text = ""};
    const kr_inside_want wants[] = {{KR_INSIDE_LAYER, 1, layer}, {KR_INSIDE_B, 0, b}};
    const kr_inside_request request = {.size = sizeof request,
                                       .n_steps = LONG,
                                       .x = x,
                                       .window = window,
                                       .n_rows = ROWS,
                                       .rows = rows,
                                       .n_wants = 2,
                                       .wants = wants};
    test_workers(n_workers);
    model->team = test_team;
    assert_int_equal(kr_nextstep_look(model, &request, &err), KR_OK);
    test_workers(1);
    model->team = test_team;
    collect(model, x, LONG, window, KR_INSIDE_LAYER, 1, all);
    for (int i = 0; i < ROWS; i++) {
        assert_memory_equal(layer + i * D_MODEL, all + rows[i] * D_MODEL, D_MODEL * sizeof *all);
    }
    collect(model, x, LONG, window, KR_INSIDE_B, 0, all);
    for (int i = 0; i < ROWS; i++) {
        assert_memory_equal(b + i * D_STATE, all + rows[i] * D_STATE, D_STATE * sizeof *all);
    }
    test_workers(0);
    model->team = NULL;
    kr_free(all);
}

static void rows_are_taken_out_of_the_whole(void **state) {
    (void)state;
    fixture f = open_fixture();
    kr_real *x = make_series();
    for (int i = 0; i < 2; i++) {
        int n_workers = i == 0 ? 1 : 3;
        check_rows(f.model, x, 0, n_workers);
        check_rows(f.model, x, 96, n_workers);
    }
    kr_free(x);
    close_fixture(&f);
}

/* ---- refusals --------------------------------------------------------------------------- */

static bool stop_at_once(void *arg, int64_t steps) {
    *(int64_t *)arg = steps;
    return false;
}

static void refusals(void **state) {
    (void)state;
    fixture f = open_fixture();
    kr_error err = {.text = ""};
    kr_real x[STEPS * FEATURES] = {0}, out[2 * WIDEST];
    int64_t rows[] = {3, 3}, seen = 0;
    kr_inside_want want = {KR_INSIDE_LAYER, 0, out};
    kr_inside_request request = {.size = sizeof request,
                                 .n_steps = STEPS,
                                 .x = x,
                                 .n_rows = 2,
                                 .rows = rows,
                                 .n_wants = 1,
                                 .wants = &want};
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_USAGE); /* rows do not rise */
    rows[1] = STEPS;
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_USAGE);
    rows[1] = STEPS - 1;
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_OK);
    request.window = WINDOW; /* the last steps fill no window */
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_USAGE);
    request.window = STEPS + 1;
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_USAGE);
    request.window = 0;
    want.layer = LAYERS;
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_USAGE);
    want.layer = 0;
    request.progress = stop_at_once;
    request.progress_arg = &seen;
    assert_int_equal(kr_nextstep_look(f.model, &request, &err), KR_INTERRUPTED);
    assert_int_equal(seen, STEPS);
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_hold_what_was_recorded), cmocka_unit_test(chunks_are_one_pass),
        cmocka_unit_test(rows_are_taken_out_of_the_whole), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
