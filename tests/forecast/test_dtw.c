/* SPDX-License-Identifier: MIT
 * test_dtw.c - time warping against the originals', and by antidiagonals against row by row. */
#include <kr/scores.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/cpu.h"
#include "core/random.h"
#include "support/golden.h"
#include "support/starve.h"
#include "support/workers.h"

enum { MOST = 40 };

static void narrow(kr_golden *g, const char *tag, const char *part, float *out) {
    char name[32];
    int64_t n;
    snprintf(name, sizeof name, "%s.%s", tag, part);
    const double *values = kr_golden_double(g, name, &n);
    for (int64_t i = 0; i < n; i++) out[i] = (float)values[i];
}

static void compare(kr_golden *g, const char *tag) {
    static float pred[256], truth[256];
    static double matrix[64 * 64];
    char name[32];
    double each[8], mean, distance;
    snprintf(name, sizeof name, "%s.pred", tag);
    const kr_array *shape = kr_golden_array(g, name);
    int64_t n = shape->shape[0], length = shape->shape[1] * shape->shape[2];
    narrow(g, tag, "pred", pred);
    narrow(g, tag, "true", truth);
    assert_int_equal(kr_dtw_mean(test_team, pred, truth, n, length, NULL, NULL, each, &mean, NULL),
                     KR_OK);
    snprintf(name, sizeof name, "%s.each", tag);
    assert_close_double(each, kr_golden_double(g, name, NULL), n, 0);
    snprintf(name, sizeof name, "%s.mean", tag);
    assert_close_double(&mean, kr_golden_double(g, name, NULL), 1, 1e-15);
    snprintf(name, sizeof name, "%s.acc0", tag);
    if (!kr_golden_has(g, name)) return;
    assert_int_equal(kr_dtw(pred, length, truth, length, matrix, &distance, NULL), KR_OK);
    assert_close_double(matrix, kr_golden_double(g, name, NULL), length * length, 0);
    assert_true(distance == each[0]);
}

static void equal_the_originals(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("metrics.npz");
    compare(g, "dtw_a");
    compare(g, "dtw_b");
    compare(g, "dtw_c");
    kr_golden_close(g);
}

static void fill(float *x, int64_t n, uint64_t substream) {
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, substream);
    for (int64_t i = 0; i < n; i++) x[i] = (float)kr__rng_normal(&rng);
}

/* Every pair of lengths, at every CPU level: the two ways agree to the bit. */
static void both_ways_agree(void **state) {
    (void)state;
    float a[MOST], b[MOST];
    double matrix[MOST * MOST], want, got;
    fill(a, MOST, 0);
    fill(b, MOST, 1);
    for (int level = 0; level <= (int)kr__cpu_level_detect(); level++) {
        assert_true(kr__cpu_level_force((kr_cpu_level)level));
        for (int64_t n_a = 1; n_a <= MOST; n_a++) {
            for (int64_t n_b = 1; n_b <= MOST; n_b++) {
                assert_int_equal(kr_dtw(a, n_a, b, n_b, matrix, &want, NULL), KR_OK);
                assert_int_equal(kr_dtw(a, n_a, b, n_b, NULL, &got, NULL), KR_OK);
                assert_true(got == want);
            }
        }
    }
}

static void properties(void **state) {
    (void)state;
    float a[MOST], b[MOST];
    double distance, back;
    fill(a, MOST, 2);
    fill(b, MOST, 3);
    assert_int_equal(kr_dtw(a, MOST, a, MOST, NULL, &distance, NULL), KR_OK);
    assert_true(distance == 0);
    kr_dtw(a, MOST, b, 30, NULL, &distance, NULL);
    kr_dtw(b, 30, a, MOST, NULL, &back, NULL);
    assert_true(fabs(distance - back) < 1e-12);
    /* A series that stands still in the middle costs nothing. */
    memcpy(b, a, sizeof a);
    memmove(b + 21, b + 20, (MOST - 21) * sizeof *b);
    assert_int_equal(kr_dtw(a, MOST - 1, b, MOST, NULL, &distance, NULL), KR_OK);
    assert_true(distance == 0);
}

typedef struct calls {
    int64_t n, stop_at, seen[8];
} calls;

static bool note_progress(void *arg, int64_t n_done) {
    calls *c = arg;
    c->seen[c->n++] = n_done;
    return n_done != c->stop_at;
}

static void many_pairs(void **state) {
    (void)state;
    enum { PAIRS = 230, LENGTH = 7 };
    static float a[PAIRS * LENGTH], b[PAIRS * LENGTH];
    double each[PAIRS], mean, alone = 0;
    kr_error err;
    fill(a, PAIRS * LENGTH, 4);
    fill(b, PAIRS * LENGTH, 5);
    for (int64_t i = 0; i < PAIRS; i++) {
        double distance;
        kr_dtw(a + i * LENGTH, LENGTH, b + i * LENGTH, LENGTH, NULL, &distance, NULL);
        alone += distance;
    }
    const int workers[] = {1, 2, 3, 64};
    for (int i = 0; i < 4; i++) {
        calls c = {.stop_at = -1};
        test_workers(workers[i]);
        assert_int_equal(
            kr_dtw_mean(test_team, a, b, PAIRS, LENGTH, note_progress, &c, each, &mean, NULL),
            KR_OK);
        assert_true(mean == alone / PAIRS);
        assert_int_equal(c.n, 3);
        assert_int_equal(c.seen[2], 200);
        kr_dtw_mean(test_team, a, b, PAIRS, LENGTH, NULL, NULL, NULL, &mean, NULL);
        assert_true(mean == alone / PAIRS);
    }
    test_workers(0);
    calls c = {.stop_at = 100};
    assert_int_equal(
        kr_dtw_mean(test_team, a, b, PAIRS, LENGTH, note_progress, &c, NULL, &mean, &err),
        KR_INTERRUPTED);
    assert_string_equal(err.text, "stopped in dynamic time warping, 100 of 230 windows done");
}

static kr_status warp(void *arg, kr_error *err) {
    double distance, mean;
    KR_TRY(kr_dtw(arg, 1, arg, 1, NULL, &distance, err));
    return kr_dtw_mean(test_team, arg, arg, 1, 1, NULL, NULL, NULL, &mean, err);
}

static void refused(void **state) {
    (void)state;
    float a[1] = {0};
    double distance, mean;
    kr_error err;
    assert_int_equal(kr_dtw(a, 1, a, 0, NULL, &distance, &err), KR_SHAPE);
    assert_string_equal(err.text, "warping needs series of 1 value or more, not 1 and 0");
    assert_int_equal(kr_dtw_mean(test_team, a, a, 0, 1, NULL, NULL, NULL, &mean, &err), KR_SHAPE);
    assert_string_equal(err.text, "warping needs 1 pair or more, not 0");
    kr_starve("warping", warp, a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_the_originals),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(properties),
        cmocka_unit_test(many_pairs),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
