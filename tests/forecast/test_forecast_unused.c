/* SPDX-License-Identifier: MIT
 * test_forecast_unused.c - a setting is said to change nothing where, and only where, the forecasts
 * stay the same, bit for bit: every model with every setting of models. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "forecast/forecast_config.h"
#include "support/workers.h"

enum { ROWS = 160, COLUMNS = 2, VALUES = 6 * COLUMNS };

static kr_rows *make_rows(void) {
    static const char *const names[COLUMNS] = {"a", "b"};
    static double values[ROWS * COLUMNS];
    static int64_t dates[ROWS];
    for (int i = 0; i < ROWS; i++) {
        values[i * COLUMNS] = 20 + 5 * sin(0.26 * i) + 0.01 * i;
        values[i * COLUMNS + 1] = cos(0.26 * i) + 0.2 * sin((double)(i * i));
        dates[i] = 1577836800 * KR__SECOND + i * KR__HOUR;
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .name = "waves",
                                   .n_rows = ROWS,
                                   .n_columns = COLUMNS,
                                   .values = values,
                                   .columns = names,
                                   .dates = dates};
    kr_rows *rows = NULL;
    assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
    return rows;
}

/* Small, and without a part that another setting would switch off. */
static void begin(kr_forecast_config *c, const char *model) {
    static const char *const pairs[][2] = {
        {"data", "custom"}, {"target", "b"},    {"seq_len", "24"},     {"pred_len", "6"},
        {"patch_len", "8"}, {"d_model", "16"},  {"n_heads", "2"},      {"d_ff", "8"},
        {"d_state", "8"},   {"d_core", "4"},    {"e_layers", "1"},     {"moving_avg", "5"},
        {"season", "12"},   {"levels", "none"}, {"train_epochs", "1"}, {"learning_rate", "0.003"}};
    kr__forecast_config_init(c);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(kr__forecast_config_set(c, pairs[i][0], pairs[i][1], NULL), KR_OK);
    }
    assert_int_equal(kr__forecast_config_set(c, "model", model, NULL), KR_OK);
}

static void forecast(const kr_forecast_config *c, const kr_rows *rows, double out[VALUES]) {
    kr_forecaster *f = NULL;
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    kr_error err = {0};
    const int64_t origin = ROWS - 1;
    const kr_predict_options options = {.size = sizeof options};
    kr_team_go_on(test_team);
    if (kr__forecaster_create(test_team, c, &f, &err) != KR_OK ||
        kr_forecaster_train(f, rows, NULL, &err) != KR_OK ||
        kr_history_of_rows(f, rows, 0, NULL, &history, &err) != KR_OK ||
        kr_forecaster_predict(f, history, 1, &origin, &options, &p, &err) != KR_OK) {
        fail_msg("%s: %s", c->model, err.text);
    }
    assert_int_equal(p->n_steps * p->n_outputs, VALUES);
    memcpy(out, p->forecast, VALUES * sizeof *out);
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(f);
}

/* Another value of each setting. */
static const char *const others[][2] = {
    {"freq", "d"},           {"embed", "fixed"},
    {"d_model", "24"},       {"n_heads", "4"},
    {"e_layers", "2"},       {"d_ff", "12"},
    {"d_state", "4"},        {"expand", "1"},
    {"d_conv", "2"},         {"d_core", "8"},
    {"patch_len", "12"},     {"dropout", "0.3"},
    {"star_dropout", "0.4"}, {"star_pooling", "softmax"},
    {"activation", "relu"},  {"use_norm", "0"},
    {"moving_avg", "9"},     {"season", "8"},
    {"long_season", "24"},   {"learning_rate", "0.01"},
    {"jitter", "1"},         {"label_len", "3"},
    {"factor", "7"},         {"seasonal_patterns", "Hourly"},
};
enum { N_OTHERS = sizeof others / sizeof others[0] };

static void every_setting_of_every_model(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    const char *model;
    char why[KR__UNUSED_TEXT];
    for (int i = 0; (model = kr_forecast_model_name(i)); i++) {
        kr_forecast_config base, config;
        double before[VALUES], after[VALUES];
        begin(&base, model);
        forecast(&base, rows, before);
        for (int k = 0; k < N_OTHERS; k++) {
            config = base;
            assert_int_equal(kr__forecast_config_set(&config, others[k][0], others[k][1], NULL),
                             KR_OK);
            forecast(&config, rows, after);
            bool is_same = memcmp(before, after, sizeof before) == 0,
                 is_said = kr__forecast_unused(&config, others[k][0], why);
            if (is_same != is_said) {
                fail_msg("%s: --%s changes %s, but is said to be %s", model, others[k][0],
                         is_same ? "nothing" : "the forecast", is_said ? "unused" : "used");
            }
        }
    }
    kr_rows_destroy(rows);
}

static void check_why(const kr_forecast_config *c, const char *name, const char *want) {
    char why[KR__UNUSED_TEXT] = "";
    bool is_unused = kr__forecast_unused(c, name, why);
    assert_string_equal(is_unused ? why : "used", want);
}

static void reasons(void **state) {
    (void)state;
    kr_forecast_config c;
    begin(&c, "RLinear");
    check_why(&c, "d_state", "not used by RLinear");
    check_why(&c, "season", "not used by RLinear");
    check_why(&c, "long_season", "only used by `local_models`");
    check_why(&c, "learning_rate", "used");
    check_why(&c, "jitter", "`augmentation_ratio` is 0");
    check_why(&c, "factor", "only used in the names of folders");
    check_why(&c, "itr", "used");
    check_why(&c, "data_path", "used");
    c.augmentation_ratio = 1;
    c.is_training = false;
    check_why(&c, "jitter", "used");
    check_why(&c, "itr", "`is_training` 0 tests one run");
    strcpy(c.id_column, "shop");
    check_why(&c, "season", "used");
    begin(&c, "Naive");
    check_why(&c, "learning_rate", "Naive learns nothing");
    check_why(&c, "augmentation_ratio", "Naive learns nothing");
    strcpy(c.local_models, "Theta");
    check_why(&c, "season", "used");
    check_why(&c, "model", "not used by `local_models`");
    check_why(&c, "seasonal_patterns", "only used by `data` m4");
    strcpy(c.data, "m4");
    check_why(&c, "seasonal_patterns", "used");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_setting_of_every_model),
                                       cmocka_unit_test(reasons)};
    test_workers(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
