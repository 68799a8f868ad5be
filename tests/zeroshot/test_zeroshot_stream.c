/* SPDX-License-Identifier: MIT
 * test_zeroshot_stream.c - values one by one, against forecasts of all of them at once. */
#include <kr/zeroshot.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "support/starve.h"
#include "support/workers.h"

enum { Q = KR_ZEROSHOT_QUANTILES, HORIZON = 12, SIZE = Q * HORIZON, LENGTH = 1400 };

static double values[LENGTH];

static void make_values(double gaps) {
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, 0);
    double level = 100;
    for (int t = 0; t < LENGTH; t++) {
        level += .3 * kr__rng_normal(&rng);
        values[t] = level + 8 * sin(6.283185307179586 * t / 12) + kr__rng_normal(&rng);
        if (t < 3 * gaps || kr__rng_uniform(&rng) < gaps) values[t] = (double)NAN;
    }
}

static kr_zeroshot *open_model(void) {
    kr_zeroshot *model = NULL;
    kr_error err;
    if (kr_zeroshot_open(test_team, NULL, &model, &err) != KR_OK) fail_msg("%s", err.text);
    return model;
}

static kr_zeroshot_stream *open_stream(const kr_zeroshot *model, int64_t season) {
    const kr_zeroshot_stream_options options = {
        .size = sizeof options, .seasons = {season, 2 * season}, .horizon = HORIZON};
    kr_zeroshot_stream *stream = NULL;
    kr_error err;
    if (kr_zeroshot_stream_create(model, &options, &stream, &err) != KR_OK)
        fail_msg("%s", err.text);
    return stream;
}

static void push(kr_zeroshot_stream *stream, int64_t n, const double *from) {
    kr_error err;
    if (kr_zeroshot_stream_push(stream, n, from, &err) != KR_OK) fail_msg("%s", err.text);
}

/* Of the first n values, all at once. */
static void forecast(kr_zeroshot *model, int64_t season, int64_t n, double *q) {
    const kr_zeroshot_series one = {
        .size = sizeof one, .values = values, .n = n, .seasons = {season, 2 * season}};
    kr_error err;
    if (kr_zeroshot_forecast(model, &one, 1, HORIZON, q, &err) != KR_OK) fail_msg("%s", err.text);
}

/* The largest distance, in mean widths of the middle 80 %. */
static double distance(const double *streamed, const double *q) {
    double width = 0, most = 0;
    for (int k = 0; k < HORIZON; k++) width += (q[(Q - 1) * HORIZON + k] - q[k]) / HORIZON;
    for (int k = 0; k < SIZE; k++) most = fmax(most, fabs(streamed[k] - q[k]));
    return most / width;
}

/* beyond: the distance where the model has forgotten what it sees no more. */
static void check_series(kr_zeroshot *model, int64_t season, double beyond) {
    kr_zeroshot_stream *stream = open_stream(model, season);
    kr_zeroshot_info info = {.size = sizeof info};
    kr_zeroshot_look(model, &info);
    double streamed[SIZE], q[SIZE];
    for (int t = 0; t < LENGTH; t++) {
        push(stream, 1, values + t);
        bool is_edge = t < 20 || (t >= info.longest - 10 && t < info.longest + 10);
        if (!is_edge && t % 41 != 0) continue;
        kr_zeroshot_stream_forecast(stream, streamed);
        forecast(model, season, t + 1, q);
        assert_int_equal(isnan(streamed[0]), isnan(q[0]));
        if (isnan(q[0])) continue;
        double most = t < info.longest ? 1e-6 : beyond, is = distance(streamed, q);
        if (!(is <= most)) fail_msg("season %d, value %d: %g", (int)season, t, is);
    }
    kr_zeroshot_stream_destroy(stream);
}

/* Seasons so short that no other length is looked for. */
static void streams_forecast_as_series(void **state) {
    (void)state;
    kr_zeroshot *model = open_model();
    make_values(0);
    check_series(model, 0, .3);
    check_series(model, 6, .3);
    make_values(.2);
    check_series(model, 6, .3);
    kr_zeroshot_destroy(model);
}

/* Values of many sizes, all above 0, are forecast by their logarithms, until one is not. */
static void so_do_those_of_many_sizes(void **state) {
    (void)state;
    kr_zeroshot *model = open_model();
    make_values(0);
    for (int t = 0; t < LENGTH; t++) values[t] = exp((values[t] - 100) / 4);
    check_series(model, 6, 1);
    values[300] = 0;
    check_series(model, 6, 1);
    kr_zeroshot_destroy(model);
}

/* Nor when it was asked, nor the team. */
static void how_values_arrive_does_not_matter(void **state) {
    (void)state;
    kr_zeroshot *model = open_model();
    double one[SIZE], other[SIZE];
    make_values(.1);
    kr_zeroshot_stream *stream = open_stream(model, 12);
    push(stream, LENGTH, values);
    kr_zeroshot_stream_forecast(stream, one);
    kr_zeroshot_stream_forecast(stream, other);
    assert_memory_equal(one, other, sizeof one);
    kr_zeroshot_stream_reset(stream);
    for (int t = 0; t < LENGTH; t++) {
        push(stream, 1, values + t);
        if (t % 7 == 0) kr_zeroshot_stream_forecast(stream, other);
    }
    kr_zeroshot_stream_forecast(stream, other);
    assert_memory_equal(one, other, sizeof one);
    kr_zeroshot_stream_destroy(stream);
    kr_zeroshot_destroy(model);
    test_workers(3);
    model = open_model();
    stream = open_stream(model, 12);
    push(stream, LENGTH, values);
    kr_zeroshot_stream_forecast(stream, other);
    assert_memory_equal(one, other, sizeof one);
    kr_zeroshot_stream_destroy(stream);
    kr_zeroshot_destroy(model);
    test_workers(0);
}

/* Whichever patches the values fill. */
static void a_reset_forgets_all(void **state) {
    (void)state;
    kr_zeroshot *model = open_model();
    double fresh[SIZE], again[SIZE];
    make_values(.1);
    kr_zeroshot_stream *used = open_stream(model, 6), *stream = open_stream(model, 6);
    push(used, 700, values);
    kr_zeroshot_stream_reset(used);
    for (int t = 0; t < 20; t++) {
        push(used, 1, values + t);
        push(stream, 1, values + t);
        kr_zeroshot_stream_forecast(used, again);
        kr_zeroshot_stream_forecast(stream, fresh);
        for (int k = 0; k < SIZE; k++) {
            assert_true(again[k] == fresh[k] || (isnan(again[k]) && isnan(fresh[k])));
        }
    }
    kr_zeroshot_stream_destroy(used), kr_zeroshot_stream_destroy(stream);
    kr_zeroshot_destroy(model);
}

static void units_do_not_matter(void **state) {
    (void)state;
    const double units[] = {0x1p600, 0x1p-600};
    kr_zeroshot *model = open_model();
    double one[SIZE], other[SIZE];
    make_values(0);
    kr_zeroshot_stream *stream = open_stream(model, 12);
    push(stream, 300, values);
    kr_zeroshot_stream_forecast(stream, one);
    for (int u = 0; u < 2; u++) {
        kr_zeroshot_stream_reset(stream);
        for (int t = 0; t < 300; t++) {
            double value = values[t] * units[u];
            push(stream, 1, &value);
        }
        kr_zeroshot_stream_forecast(stream, other);
        for (int k = 0; k < SIZE; k++) assert_true(fabs(other[k] / units[u] - one[k]) < 1e-3);
    }
    kr_zeroshot_stream_destroy(stream);
    kr_zeroshot_destroy(model);
}

/* ---- what cannot be ------------------------------------------------------------------------- */

static void refuse(const kr_zeroshot *model, int64_t season, int64_t horizon, kr_status status,
                   const char *sentence) {
    const kr_zeroshot_stream_options options = {
        .size = sizeof options, .seasons = {season, 0}, .horizon = horizon};
    kr_zeroshot_stream *stream = NULL;
    kr_error err;
    assert_int_equal(kr_zeroshot_stream_create(model, &options, &stream, &err), status);
    assert_string_equal(err.text, sentence);
    assert_null(stream);
}

static void what_cannot_be_asked(void **state) {
    (void)state;
    const double wrong[2] = {1, (double)INFINITY};
    double q[SIZE];
    kr_error err;
    kr_zeroshot *model = open_model();
    refuse(model, 0, 0, KR_SHAPE, "a horizon of 0 steps; of a stream it can be 1 to 96");
    refuse(model, 0, 97, KR_SHAPE, "a horizon of 97 steps; of a stream it can be 1 to 96");
    refuse(model, 1025, 1, KR_USAGE, "a season of 1025 steps; it can be 0 to 1024");
    kr_zeroshot_stream *stream = open_stream(model, 0);
    assert_int_equal(kr_zeroshot_stream_push(stream, 2, wrong, &err), KR_USAGE);
    assert_string_equal(err.text, "value 1 is infinite");
    kr_zeroshot_stream_forecast(stream, q);
    for (int k = 0; k < SIZE; k++) assert_true(isnan(q[k]));
    kr_zeroshot_stream_destroy(stream);
    kr_zeroshot_destroy(model);
}

static kr_status open_starved(void *arg, kr_error *err) {
    const kr_zeroshot_stream_options options = {.size = sizeof options, .horizon = 3};
    kr_zeroshot_stream *stream = NULL;
    kr_status status = kr_zeroshot_stream_create(arg, &options, &stream, err);
    kr_zeroshot_stream_destroy(stream);
    return status;
}

static void memory_runs_out_cleanly(void **state) {
    (void)state;
    kr_zeroshot *model = open_model();
    kr_starve("a stream", open_starved, model);
    kr_zeroshot_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_forecast_as_series),
        cmocka_unit_test(so_do_those_of_many_sizes),
        cmocka_unit_test(how_values_arrive_does_not_matter),
        cmocka_unit_test(a_reset_forgets_all),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(what_cannot_be_asked),
        cmocka_unit_test(memory_runs_out_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
