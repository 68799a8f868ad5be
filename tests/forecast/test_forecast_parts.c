/* SPDX-License-Identifier: MIT
 * test_forecast_parts.c - each setting comes to the part that needs it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "forecast/forecast_parts.h"

/* A value for each setting that no default and no other setting has. */
static const char *const given[][2] = {
    {"data", "m4"},
    {"features", "S"},
    {"target", "y"},
    {"freq", "15min"},
    {"embed", "fixed"},
    {"gaps", "ffill"},
    {"id_column", "id"},
    {"seasonal_patterns", "Weekly"},
    {"known_future", "k"},
    {"static_columns", "s"},
    {"drop_columns", "d"},
    {"blank_columns", "b"},
    {"train_rows", "301"},
    {"val_rows", "302"},
    {"test_rows", "303"},
    {"delimiter", "tab"},
    {"decimal", "comma"},
    {"header", "no"},
    {"date_column", "when"},
    {"categories", "off"},
    {"last", "304"},
    {"seq_len", "41"},
    {"label_len", "42"},
    {"pred_len", "43"},
    {"levels", "0.5,0.75"},
    {"quantiles", "0.25,0.5,0.75"},
    {"inverse", "1"},
    {"enc_in", "44"},
    {"model", "iTransformer"},
    {"d_model", "45"},
    {"n_heads", "46"},
    {"e_layers", "47"},
    {"d_ff", "48"},
    {"d_state", "49"},
    {"expand", "3"},
    {"d_conv", "5"},
    {"dt_init", "0.0625"},
    {"both_ways", "1"},
    {"d_core", "50"},
    {"patch_len", "51"},
    {"dropout", "0.125"},
    {"star_dropout", "0.375"},
    {"star_pooling", "softmax"},
    {"activation", "relu"},
    {"use_norm", "0"},
    {"moving_avg", "53"},
    {"cycle", "54"},
    {"season", "55"},
    {"train_epochs", "56"},
    {"max_seconds", "57.5"},
    {"batch_size", "58"},
    {"epoch_windows", "59"},
    {"patience", "60"},
    {"learning_rate", "0.5"},
    {"optimizer", "adamw"},
    {"weight_decay", "0.0078125"},
    {"loss", "Quantile"},
    {"spectrum_weight", "0.75"},
    {"lradj", "cosine"},
    {"warmup_epochs", "61"},
    {"lr_factors", "head=2"},
    {"freeze", "bias"},
    {"gradient_clip", "1.5"},
    {"on_nan", "skip"},
    {"ema", "0.9375"},
    {"amp", "1"},
    {"grad_slots", "62"},
    {"use_dtw", "1"},
    {"profile", "1"},
    {"seed", "63"},
    {"augmentation_ratio", "64"},
    {"augmentation_seed", "65"},
};

static kr_forecast_config config;
static kr__forecast_parts parts;

static int set_up(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr__forecast_config_init(&config);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (kr__forecast_config_set(&config, given[i][0], given[i][1], &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
    }
    assert_int_equal(kr__forecast_parts_make(&config, &parts, NULL), KR_OK);
    return 0;
}

static void for_the_rows(void **state) {
    (void)state;
    const kr_dataset_config *d = &parts.data;
    assert_string_equal(d->loader, "m4");
    assert_null(d->path);
    assert_string_equal(d->features, "S");
    assert_string_equal(d->target, "y");
    assert_string_equal(d->freq, "15min");
    assert_false(d->is_timef);
    assert_string_equal(d->gaps, "ffill");
    assert_string_equal(d->id_column, "id");
    assert_string_equal(d->seasonal_patterns, "Weekly");
    assert_string_equal(d->known_future, "k");
    assert_string_equal(d->static_columns, "s");
    assert_string_equal(d->drop_columns, "d");
    assert_string_equal(d->blank_columns, "b");
    for (int i = 0; i < KR_SPLITS; i++) assert_int_equal(d->n_rows_of[i], 301 + i);
    assert_int_equal(d->seq_len, 41);
    assert_int_equal(d->label_len, 42);
    assert_int_equal(d->pred_len, 43);
    assert_int_equal(d->cycle, 54);
    assert_string_equal(d->reading.delimiter, "tab");
    assert_string_equal(d->reading.decimal, "comma");
    assert_string_equal(d->reading.header, "no");
    assert_string_equal(d->reading.date_column, "when");
    assert_string_equal(d->reading.categories, "off");
    assert_int_equal(d->reading.last, 304);
    /* What is as by default is seen from the file. */
    assert_null(d->reading.thousands);
    assert_null(d->reading.sort);
    assert_null(d->reading.repeats);
}

static void for_the_model(void **state) {
    (void)state;
    const kr__model_config *m = &parts.objective.model;
    const kr_encoder_config *e = &m->encoder;
    assert_string_equal(m->model, "iTransformer");
    assert_int_equal(m->seq_len, 41);
    assert_int_equal(m->pred_len, 43);
    assert_int_equal(m->n_outputs, 0);
    assert_int_equal(m->patch_len, 51);
    assert_int_equal(m->d_model, 45);
    assert_int_equal(m->e_layers, 47);
    assert_int_equal(m->cycle, 54);
    assert_int_equal(m->moving_avg, 53);
    assert_int_equal(m->season, 55);
    assert_true(m->dropout == 0.125 && e->dropout == 0.125);
    assert_false(m->use_norm);
    assert_int_equal(e->n_heads, 46);
    assert_int_equal(e->d_ff, 48);
    assert_true(e->is_relu && e->mamba_both_ways);
    assert_int_equal(e->mamba.d_state, 49);
    assert_int_equal(e->mamba.d_conv, 5);
    assert_int_equal(e->mamba.expand, 3);
    assert_true(e->mamba.dt_init == 0.0625);
    assert_int_equal(e->star.d_core, 50);
    assert_true(e->star.dropout == 0.375 && !e->star.is_stochastic);
    assert_int_equal(parts.enc_in, 44);
}

static void for_the_training(void **state) {
    (void)state;
    const kr__train_settings *t = &parts.training;
    assert_int_equal(t->seed, 63);
    assert_int_equal(t->epochs, 56);
    assert_int_equal(t->batch_size, 58);
    assert_int_equal(t->epoch_windows, 59);
    assert_int_equal(t->patience, 60);
    assert_int_equal(t->grad_slots, 62);
    assert_true(t->max_seconds == 57.5 && t->weight_decay == 0.0078125);
    assert_true(t->gradient_clip == 1.5 && t->ema == 0.9375);
    assert_string_equal(t->optimizer, "adamw");
    assert_string_equal(t->freeze, "bias");
    assert_string_equal(t->lr_factors, "head=2");
    assert_string_equal(t->on_nan, "skip");
    assert_string_equal(t->schedule.kind, "cosine");
    assert_true(t->schedule.base == 0.5 && t->schedule.floor == 0.005);
    assert_int_equal(t->schedule.epochs, 56);
    assert_int_equal(t->schedule.warmup_epochs, 61);
    assert_int_equal(t->augment.ratio, 64);
    assert_int_equal(t->augment.seed, 65);
    assert_true(t->uses_bf16 && t->is_profiled);
}

static void for_the_scores(void **state) {
    (void)state;
    const kr__score_settings *s = &parts.scores;
    assert_int_equal(s->n_levels, 2);
    assert_true(s->levels[0] == 0.5 && s->levels[1] == 0.75);
    assert_int_equal(s->n_quantiles, 3);
    assert_true(s->quantiles[0] == 0.25 && s->quantiles[2] == 0.75);
    assert_int_equal(s->season, 55);
    assert_true(s->is_original && s->has_dtw);
    assert_int_equal(parts.objective.loss, KR_LOSS_QUANTILE);
    assert_int_equal(parts.objective.model.n_quantiles, 3);
    assert_true(parts.objective.model.quantiles[1] == 0.5);
    assert_true(parts.objective.spectrum_weight == 0.75);
}

/* Each way of augmentation alone, each loss, and what is no setting of its own. */
static void one_at_a_time(void **state) {
    (void)state;
    static const char *const ways[] = {"jitter",      "scaling",           "rotation",
                                       "permutation", "randompermutation", "magwarp",
                                       "timewarp",    "windowslice",       "windowwarp"};
    static const struct {
        const char *name;
        kr_loss_kind kind;
    } losses[] = {{"MSE", KR_LOSS_MSE}, {"MAE", KR_LOSS_MAE}, {"Huber", KR_LOSS_HUBER}};
    kr_forecast_config c;
    kr__forecast_parts p;
    for (int i = 0; i < 9; i++) {
        kr__forecast_config_init(&c);
        assert_int_equal(kr__forecast_config_set(&c, ways[i], "1", NULL), KR_OK);
        assert_int_equal(kr__forecast_parts_make(&c, &p, NULL), KR_OK);
        const kr_augment_options *a = &p.training.augment;
        const bool on[] = {a->jitter,      a->scaling,           a->rotation,
                           a->permutation, a->randompermutation, a->magwarp,
                           a->timewarp,    a->windowslice,       a->windowwarp};
        for (int k = 0; k < 9; k++) assert_int_equal(on[k], k == i);
    }
    for (int i = 0; i < 3; i++) {
        kr__forecast_config_init(&c);
        strcpy(c.loss, losses[i].name);
        strcpy(c.features, i == 0 ? "MS" : "M");
        assert_int_equal(kr__forecast_parts_make(&c, &p, NULL), KR_OK);
        assert_int_equal(p.objective.loss, losses[i].kind);
        assert_int_equal(p.objective.model.n_quantiles, 0);
        assert_int_equal(p.objective.model.n_outputs, i == 0);
    }
    assert_int_equal(p.objective.model.encoder.mamba.d_state, c.d_ff); /* d_state 0 */
    assert_true(p.data.is_timef && p.objective.model.encoder.star.is_stochastic);
    assert_false(p.objective.model.encoder.is_relu);
    assert_null(p.data.reading.delimiter);
}

/* The rows tell how many channels, marks and known columns there are. */
static void on_such_rows(void **state) {
    (void)state;
    const kr__row_shape rows = {.n_channels = 7, .n_marks = 4, .n_future = 2};
    kr_forecast_objective o = kr__forecast_parts_objective(&parts, &rows);
    assert_int_equal(o.model.n_channels, 7);
    assert_int_equal(o.model.n_marks, 4);
    assert_int_equal(o.model.n_future, 2);
    assert_int_equal(o.model.n_outputs, 5);
    kr__forecast_parts one = parts;
    one.objective.model.n_outputs = 1;
    assert_int_equal(kr__forecast_parts_objective(&one, &rows).model.n_outputs, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(for_the_rows),     cmocka_unit_test(for_the_model),
        cmocka_unit_test(for_the_training), cmocka_unit_test(for_the_scores),
        cmocka_unit_test(one_at_a_time),    cmocka_unit_test(on_such_rows)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
