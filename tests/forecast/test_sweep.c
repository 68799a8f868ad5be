/* SPDX-License-Identifier: MIT
 * test_sweep.c - what --set means, which settings are tried, and who goes on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forecast/forecast_config.h"
#include "forecast/sweep.h"
#include "support/starve.h"

static kr_sweep_axis axes[KR_SWEEP_AXES];
static kr_forecast_config base;

static int set_up(void **state) {
    (void)state;
    kr__forecast_config_init(&base);
    return 0;
}

/* ---- --set ------------------------------------------------------------------------------ */

static void assert_values(const char *text, const char *const *want) {
    kr_error err = {.text = ""};
    kr_sweep_axis *axis = &axes[0];
    if (kr__sweep_axis_parse(text, axis, &err) != KR_OK) fail_msg("%s: %s", text, err.text);
    int n = 0;
    while (want[n]) n++;
    assert_int_equal(axis->n, n);
    for (int i = 0; i < n; i++) assert_string_equal(axis->values[i], want[i]);
}
#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void lists_and_ranges(void **state) {
    (void)state;
    assert_values("d_model=64,128", VALUES("64", "128"));
    assert_string_equal(axes[0].flag->name, "d_model");
    assert_values("learning-rate=1e-4,0.001", VALUES("0.0001", "0.001"));
    assert_string_equal(axes[0].flag->name, "learning_rate");
    assert_values("loss=MSE,Huber", VALUES("MSE", "Huber"));
    assert_values("use_norm=true,0", VALUES("1", "0"));
    assert_values("data_path=../a.csv,../b.csv", VALUES("../a.csv", "../b.csv"));
    assert_values("dropout=0..0.3", VALUES("0.0", "0.1", "0.2", "0.3"));
    assert_values("d_model=64..512:log", VALUES("64", "128", "256", "512"));
    assert_values("e_layers=1..3", VALUES("1", "2", "3"));
    assert_values("e_layers=1..5:3", VALUES("1", "3", "5"));
    assert_values("learning_rate=1e-4..1e-2:log:3", VALUES("0.0001", "0.001", "0.01"));
    assert_values("learning_rate=1e-4..1e-3:5:log",
                  VALUES("0.0001", "0.0001778", "0.0003162", "0.0005623", "0.001"));
    assert_true(axes[0].is_range && axes[0].is_log);
}

static void assert_refused(const char *text, const char *sentence) {
    kr_error err = {.text = ""};
    axes[0].n = 77;
    assert_int_equal(kr__sweep_axis_parse(text, &axes[0], &err), KR_USAGE);
    assert_string_equal(err.text, sentence);
    assert_int_equal(axes[0].n, 77);
}

static void what_set_refuses(void **state) {
    (void)state;
    assert_refused("d_model",
                   "`set`: \"d_model\" is not a flag with values; write it as d_model=64,128 or "
                   "learning_rate=1e-4..1e-3:log");
    assert_refused("d_modle=64", "`set`: unknown setting \"d_modle\"; did you mean `d_model`?");
    assert_refused("qqqqqqqqq=1", "`set`: unknown setting \"qqqqqqqqq\"");
    assert_refused("resume=0,1", "`set`: `resume` cannot be swept; give it to all runs, if at all");
    assert_refused("d_model=64,",
                   "`set`: `d_model`: a value is missing; write it as `set` d_model=a,b");
    assert_refused("learning_rate=1e-3,0.001",
                   "`set`: `learning_rate`: 0.001 is named twice; name it once");
    assert_refused("d_model=0..64", "`set`: `d_model`: 0 is out of range; use 1 to 65536");
    assert_refused("d_model=64..8",
                   "`set`: `d_model`: 64..8 is not a range; put the smaller number first");
    assert_refused("d_model=8..64,128",
                   "`set`: `d_model`: a list cannot contain a range; write a list or a range");
    assert_refused("dropout=0..0.5:log",
                   "`set`: `dropout`: there are no equal ratios from 0 on; start above 0, or leave "
                   ":log out");
    assert_refused("dropout=0..0.5:1", "`set`: `dropout`: 1 points; a range has 2 to 64");
    assert_refused(
        "dropout=0..0.5:lin",
        "`set`: `dropout`: \"lin\" is not understood; after a range there may be :log and the "
        "number of its points, such as :log:5");
    assert_refused("loss=MSE,MEA",
                   "`set`: `loss`: unknown value \"MEA\"; did you mean MAE? It can be MSE, MAE, "
                   "Huber or Quantile");
}

/* ---- the grid --------------------------------------------------------------------------- */

static void parse(int i, const char *text) {
    assert_int_equal(kr__sweep_axis_parse(text, &axes[i], NULL), KR_OK);
}

static void a_grid_runs_its_last_axis_fastest(void **state) {
    (void)state;
    kr_sweep_trials *trials = NULL;
    parse(0, "d_model=64,128");
    parse(1, "e_layers=1,2,3");
    assert_int_equal(kr__sweep_grid(axes, 2, &base, &trials, NULL), KR_OK);
    assert_int_equal(trials->n, 6);
    assert_int_equal(trials->n_impossible, 0);
    assert_string_equal(kr__sweep_value(trials, 1, 0), "64");
    assert_string_equal(kr__sweep_value(trials, 1, 1), "2");
    assert_string_equal(kr__sweep_value(trials, 3, 0), "128");
    assert_string_equal(kr__sweep_value(trials, 3, 1), "1");
    kr_forecast_config config = base;
    assert_int_equal(kr__sweep_apply(axes, trials, 5, &config, NULL), KR_OK);
    assert_int_equal(config.d_model, 128);
    assert_int_equal(config.e_layers, 3);
    kr__sweep_trials_destroy(trials);
    /* One setting is a grid, too. */
    parse(0, "d_model=64");
    assert_int_equal(kr__sweep_grid(axes, 1, &base, &trials, NULL), KR_OK);
    assert_int_equal(trials->n, 1);
    kr__sweep_trials_destroy(trials);
}

static void impossible_settings_are_left_out(void **state) {
    (void)state;
    kr_sweep_trials *trials = NULL;
    kr_error err = {.text = ""};
    const char *sentence = "`d_model` 20 cannot be divided among `n_heads` 8; use `d_model` 24";
    parse(0, "d_model=20,24");
    parse(1, "n_heads=4,8");
    assert_int_equal(kr__sweep_grid(axes, 2, &base, &trials, NULL), KR_OK);
    assert_int_equal(trials->n, 3);
    assert_int_equal(trials->n_impossible, 1);
    assert_string_equal(trials->why, sentence);
    assert_string_equal(kr__sweep_value(trials, 1, 0), "24");
    kr__sweep_trials_destroy(trials);
    trials = NULL;
    parse(0, "d_model=20");
    assert_int_equal(kr__sweep_grid(axes, 1, &base, &trials, &err), KR_USAGE);
    assert_string_equal(err.text, sentence);
    assert_null(trials);
}

static void a_grid_has_an_end(void **state) {
    (void)state;
    kr_sweep_trials *trials = NULL;
    kr_error err = {.text = ""};
    for (int i = 0; i < KR_SWEEP_AXES; i++) parse(i, "seed=1..1000:64");
    assert_int_equal(kr__sweep_grid(axes, KR_SWEEP_AXES, &base, &trials, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "the grid has more than 10000 settings; name fewer values, or "
                        "draw some with `method` random");
}

/* ---- draws ------------------------------------------------------------------------------ */

static double number(const kr_sweep_trials *trials, int64_t trial, int axis) {
    double x = 0;
    assert_true(kr__text_real(kr__sweep_value(trials, trial, axis), &x));
    return x;
}

static void draws_fill_their_ranges(void **state) {
    (void)state;
    enum { RUNS = 400 };
    kr_sweep_trials *trials = NULL;
    int64_t n_low = 0, n_first = 0, n_layers[4] = {0};
    parse(0, "learning_rate=1e-4..1e-2:log");
    parse(1, "e_layers=1..3");
    parse(2, "loss=MSE,Huber");
    parse(3, "dropout=0..0.5");
    assert_int_equal(kr__sweep_random(axes, 4, RUNS, &base, &trials, NULL), KR_OK);
    assert_int_equal(trials->n, RUNS);
    for (int64_t i = 0; i < RUNS; i++) {
        double rate = number(trials, i, 0), layers = number(trials, i, 1);
        assert_true(rate >= 1e-4 && rate <= 1e-2);
        assert_true(layers == 1 || layers == 2 || layers == 3);
        assert_true(number(trials, i, 3) >= 0 && number(trials, i, 3) <= 0.5);
        n_low += rate < 1e-3;
        n_layers[(int)layers]++;
        n_first += strcmp(kr__sweep_value(trials, i, 2), "MSE") == 0;
    }
    /* Half, half, and a third each, by four standard deviations of as many draws. */
    assert_true(llabs(n_low - RUNS / 2) < 40 && llabs(n_first - RUNS / 2) < 40);
    for (int k = 1; k <= 3; k++) assert_true(llabs(n_layers[k] - RUNS / 3) < 38);
    kr__sweep_trials_destroy(trials);
}

static void the_seed_decides_and_more_runs_continue(void **state) {
    (void)state;
    kr_sweep_trials *few = NULL, *many = NULL, *other = NULL;
    parse(0, "learning_rate=1e-4..1e-2:log");
    assert_int_equal(kr__sweep_random(axes, 1, 5, &base, &few, NULL), KR_OK);
    assert_int_equal(kr__sweep_random(axes, 1, 9, &base, &many, NULL), KR_OK);
    base.seed++;
    assert_int_equal(kr__sweep_random(axes, 1, 5, &base, &other, NULL), KR_OK);
    for (int64_t i = 0; i < 5; i++) {
        assert_string_equal(kr__sweep_value(few, i, 0), kr__sweep_value(many, i, 0));
    }
    assert_string_not_equal(kr__sweep_value(few, 0, 0), kr__sweep_value(other, 0, 0));
    kr__sweep_trials_destroy(few);
    kr__sweep_trials_destroy(many);
    kr__sweep_trials_destroy(other);
}

static void draws_are_different_and_possible(void **state) {
    (void)state;
    kr_sweep_trials *trials = NULL;
    kr_error err = {.text = ""};
    parse(0, "d_model=16..64");
    assert_int_equal(kr__sweep_random(axes, 1, 7, &base, &trials, NULL), KR_OK);
    assert_true(trials->n_impossible > 0);
    /* 16, 24, .., 64: each of the seven once. */
    double sum = 0;
    for (int64_t i = 0; i < trials->n; i++) sum += number(trials, i, 0);
    assert_true(sum == 7 * 40);
    kr__sweep_trials_destroy(trials);
    trials = NULL;
    assert_int_equal(kr__sweep_random(axes, 1, 8, &base, &trials, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "`runs` 8: 800 draws gave 7 different settings; ask for fewer, "
                        "or use `method` grid");
    assert_null(trials);
}

/* ---- halving ---------------------------------------------------------------------------- */

static void assert_rungs(int64_t n_trials, int64_t factor, int64_t epochs, int n,
                         const int64_t (*want)[2]) {
    kr_sweep_rung rungs[KR_SWEEP_RUNGS];
    assert_int_equal(kr__sweep_halving(n_trials, factor, epochs, rungs), n);
    for (int i = 0; i < n; i++) {
        assert_int_equal(rungs[i].n_trials, want[i][0]);
        assert_int_equal(rungs[i].epochs, want[i][1]);
    }
}

static kr_status make_trials(void *arg, kr_error *err) {
    kr_sweep_trials *grid = NULL, *drawn = NULL;
    kr_sweep_axis axis = {.n = 0};
    KR_TRY(kr__sweep_axis_parse(arg, &axis, err));
    kr_status status = kr__sweep_grid(&axis, 1, &base, &grid, err);
    if (status == KR_OK) status = kr__sweep_random(&axis, 1, 3, &base, &drawn, err);
    kr__sweep_trials_destroy(grid);
    kr__sweep_trials_destroy(drawn);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    char axis[] = "d_model=64..512:log";
    kr_starve("trials of a sweep", make_trials, axis);
}

static void rungs(void **state) {
    (void)state;
    assert_rungs(27, 3, 27, 4, (const int64_t[][2]){{27, 1}, {9, 3}, {3, 9}, {1, 27}});
    assert_rungs(16, 2, 10, 4, (const int64_t[][2]){{16, 1}, {8, 2}, {4, 5}, {2, 10}});
    assert_rungs(5, 2, 100, 4, (const int64_t[][2]){{5, 12}, {3, 25}, {2, 50}, {1, 100}});
    assert_rungs(12, 4, 3, 1, (const int64_t[][2]){{12, 3}});
    assert_rungs(1, 2, 10, 1, (const int64_t[][2]){{1, 10}});
    assert_rungs(12, 1, 10, 1, (const int64_t[][2]){{12, 10}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lists_and_ranges, set_up),
        cmocka_unit_test_setup(what_set_refuses, set_up),
        cmocka_unit_test_setup(a_grid_runs_its_last_axis_fastest, set_up),
        cmocka_unit_test_setup(impossible_settings_are_left_out, set_up),
        cmocka_unit_test_setup(a_grid_has_an_end, set_up),
        cmocka_unit_test_setup(draws_fill_their_ranges, set_up),
        cmocka_unit_test_setup(the_seed_decides_and_more_runs_continue, set_up),
        cmocka_unit_test_setup(draws_are_different_and_possible, set_up),
        cmocka_unit_test_setup(every_allocation_may_fail, set_up),
        cmocka_unit_test_setup(rungs, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
