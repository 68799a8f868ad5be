/* SPDX-License-Identifier: MIT
 * test_forecast_config.c - settings: defaults, setting from text, checks, folder name, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "forecast/forecast_config.h"

static kr_forecast_config defaults(void) {
    kr_forecast_config config;
    kr__forecast_config_init(&config);
    return config;
}

static void defaults_are_those_of_the_original(void **state) {
    (void)state;
    kr_forecast_config c = defaults();
    assert_string_equal(c.task_name, "long_term_forecast");
    assert_true(c.is_training && c.distil && c.use_norm && !c.inverse);
    assert_int_equal(c.d_model, 512);
    assert_int_equal(c.seed, 2021);
    assert_true(c.learning_rate == 0.0001 && c.dropout == 0.1);
    kr_error err;
    assert_int_equal(kr__forecast_config_check(&c, &err), KR_OK);
}

/* Every default must be allowed, and every name said once. */
static void the_table_is_sound(void **state) {
    (void)state;
    int n_flags = kr__forecast_flags()->count, n_old = 0;
    const kr_flag *flags = kr__forecast_flags()->flags;
    const kr_old_flag *old = kr__forecast_old_flags(&n_old);
    kr_forecast_config c = defaults();
    for (int i = 0; i < n_flags; i++) {
        kr_error err = {.text = ""};
        kr_status status = kr__forecast_config_set(&c, flags[i].name, flags[i].default_text, &err);
        if (status != KR_OK) print_message("%s\n", err.text);
        assert_int_equal(status, KR_OK);
        for (int j = 0; j < i; j++) assert_string_not_equal(flags[i].name, flags[j].name);
        for (int j = 0; j < n_old; j++) assert_string_not_equal(flags[i].name, old[j].name);
    }
}

static const char *refusal(const char *name, const char *text) {
    static kr_error err;
    kr_forecast_config c = defaults(), before = c;
    if (kr__forecast_config_set(&c, name, text, &err) != KR_USAGE) return "not refused";
    assert_memory_equal(&c, &before, sizeof c);
    return err.text;
}

/* With frozen parts as many as without. */
static void nineteen_factors_are_allowed(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        kr_forecast_config c = defaults();
        kr_error err = {.text = ""};
        int n = 19 + k / 2;
        size_t size = 0;
        if (k % 2) strcpy(c.freeze, "head");
        for (int i = 0; i < n; i++) {
            size += (size_t)sprintf(c.lr_factors + size, "%spart%d=2", i > 0 ? "," : "", i);
        }
        assert_int_equal(kr__forecast_config_check(&c, &err), n == 19 ? KR_OK : KR_USAGE);
        if (n > 19) assert_string_equal(err.text, "`lr_factors`: at most 19 factors are allowed");
    }
}

static void wrong_values_are_refused_in_a_sentence(void **state) {
    (void)state;
    assert_string_equal(refusal("batch_size", "x"),
                        "`batch_size`: \"x\" is not a whole number; use 1 to 1048576");
    assert_string_equal(refusal("batch_size", "0"),
                        "`batch_size`: 0 is out of range; use 1 to 1048576");
    assert_string_equal(refusal("seed", "9007199254740992"),
                        "`seed`: 9007199254740992 is out of range; use 0 to 9007199254740991");
    assert_string_equal(refusal("dropout", "1.5"), "`dropout`: 1.5 is out of range; use 0 to 0.99");
    assert_string_equal(refusal("dropout", "nan"),
                        "`dropout`: \"nan\" is not a number; use 0 to 0.99");
    assert_string_equal(refusal("inverse", "maybe"),
                        "`inverse`: \"maybe\" is neither yes nor no; use 0, 1, true or false");
    assert_string_equal(refusal("features", "ms"),
                        "`features`: unknown value \"ms\"; did you mean MS? It can be M, S or MS");
    const char *sentence = refusal("model", "Autoformer"), *name;
    assert_ptr_equal(strstr(sentence, "`model`: unknown value \"Autoformer\"; use "), sentence);
    for (int i = 0; (name = kr_forecast_model_name(i)); i++) {
        assert_non_null(strstr(sentence, name));
    }
    assert_string_equal(refusal("seqlen", "96"),
                        "unknown setting \"seqlen\"; did you mean `seq_len`?");
    char long_text[KR_FORECAST_TEXT + 1] = {0};
    memset(long_text, 'a', KR_FORECAST_TEXT);
    assert_string_equal(refusal("des", long_text),
                        "`des`: has 512 characters; at most 511 are allowed");
}

static const char *conflict(const char *const *pairs) {
    static kr_error err;
    kr_forecast_config c = defaults();
    for (; *pairs; pairs += 2) {
        assert_int_equal(kr__forecast_config_set(&c, pairs[0], pairs[1], &err), KR_OK);
    }
    if (kr__forecast_config_check(&c, &err) != KR_USAGE) return "no conflict";
    return err.text;
}
#define CONFLICT(...) conflict((const char *const[]){__VA_ARGS__, NULL})

static void settings_that_do_not_fit_together_are_refused(void **state) {
    (void)state;
    assert_string_equal(CONFLICT("d_model", "20"),
                        "`d_model` 20 cannot be divided among `n_heads` 8; use `d_model` 24");
    assert_string_equal(CONFLICT("d_model", "20", "n_heads", "3"),
                        "`d_model` 20 cannot be divided among `n_heads` 3; use `d_model` 24");
    assert_string_equal(CONFLICT("d_model", "20", "model", "TimeStarMamba"), "no conflict");
    assert_string_equal(
        CONFLICT("d_model", "21", "model", "TimeStarMamba"),
        "`d_model` 21 is odd, but the position table needs pairs of columns; use 22");
    assert_string_equal(CONFLICT("d_model", "21", "model", "RLinear"), "no conflict");
    assert_string_equal(CONFLICT("patch_len", "97"),
                        "`patch_len` 97 is longer than `seq_len` 96, so not even one patch fits; "
                        "use `patch_len` 96 or less");
    assert_string_equal(CONFLICT("season", "97", "model", "SeasonalNaive"),
                        "`season` 97 is longer than `seq_len` 96, which must hold one period; "
                        "use `seq_len` 97 or more");
    assert_non_null(strstr(CONFLICT("resume", "1", "is_training", "0"), "`is_training` 0"));
    assert_non_null(strstr(CONFLICT("resume", "1", "load", "a.pth"), "`load`"));
    assert_non_null(strstr(CONFLICT("weight_decay", "0.1"), "`optimizer` adamw"));
    assert_string_equal(CONFLICT("weight_decay", "0.1", "optimizer", "adamw"), "no conflict");
    assert_non_null(strstr(CONFLICT("features", "S", "target", ""), "`target`"));
    assert_non_null(strstr(CONFLICT("data_path", ""), "`data_path`"));
    assert_non_null(strstr(CONFLICT("model_id", "a/b"), "`model_id`"));
    assert_non_null(strstr(CONFLICT("des", "a\nb"), "`des`"));
    char long_text[200] = {0};
    memset(long_text, 'a', 199);
    assert_non_null(strstr(CONFLICT("model_id", long_text), "shorten"));
}

static void the_folder_is_named_as_the_original_names_it(void **state) {
    (void)state;
    char text[KR_FORECAST_TEXT];
    kr_forecast_config c = defaults();
    kr__forecast_setting(&c, 2, text, sizeof text);
    assert_string_equal(text,
                        "long_term_forecast_test_TimeStar_ETTh1_ftM_sl96_ll48_pl96_dm512_nh8_el2_"
                        "dl1_df2048_expand2_dc4_fc1_ebtimeF_dtTrue_test_2");
    c.distil = false;
    kr__forecast_setting(&c, 0, text, sizeof text);
    assert_non_null(strstr(text, "_dtFalse_test_0"));
}

static void json_keeps_every_setting(void **state) {
    (void)state;
    kr_forecast_config c = defaults(), read;
    memset(&read, 0, sizeof read);
    kr_error err;
    assert_int_equal(kr__forecast_config_set(&c, "seed", "9007199254740991", &err), KR_OK);
    assert_int_equal(kr__forecast_config_set(&c, "learning_rate", "0.00030000000000000003", &err),
                     KR_OK);
    assert_int_equal(kr__forecast_config_set(&c, "des", "\"quoted\" \\ \xc3\xa9", &err), KR_OK);
    assert_int_equal(kr__forecast_config_set(&c, "distil", "0", &err), KR_OK);
    char *text = NULL;
    assert_int_equal(kr__forecast_config_to_json(&c, &text, &err), KR_OK);
    assert_int_equal(kr__forecast_config_from_json(text, strlen(text), &read, &err), KR_OK);
    assert_int_equal(read.seed, 9007199254740991);
    assert_true(read.learning_rate == c.learning_rate);
    assert_memory_equal(&c, &read, sizeof c);
    kr_free(text);
}

static void hostile_json_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {{"", "not a JSON object"},
                 {"[1]", "not a JSON object"},
                 {"{\"seq_len\":", "not a JSON object"},
                 {"{\"seq_lem\":1}", "\"seq_lem\" is unknown"},
                 {"{\"seq_len\":\"96\"}", "wrong kind"},
                 {"{\"seq_len\":96.5}", "wrong kind"},
                 {"{\"seq_len\":1e300}", "out of range"},
                 {"{\"seq_len\":-1}", "out of range"},
                 {"{\"dropout\":1e999}", "not a number"},
                 {"{\"model\":\"x\"}", "unknown value"},
                 {"{\"inverse\":1}", "wrong kind"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_forecast_config c = defaults(), before = c;
        kr_error err;
        size_t n = strlen(cases[i].text);
        assert_int_equal(kr__forecast_config_from_json(cases[i].text, n, &c, &err), KR_FORMAT);
        assert_int_equal(err.status, KR_FORMAT);
        assert_non_null(strstr(err.text, cases[i].part));
        assert_memory_equal(&c, &before, sizeof c);
    }
}

static void presets_set_what_exists(void **state) {
    (void)state;
    int count = 0;
    const kr_preset *presets = kr__forecast_presets(&count);
    for (int i = 0; i < count; i++) {
        kr_forecast_config shared = defaults();
        kr_error err = {.text = ""};
        assert_int_equal(kr__preset_apply(&presets[i], "RLinear", &shared, &err), KR_OK);
        assert_int_equal(kr__forecast_config_check(&shared, &err), KR_OK);
        for (int k = 0; k < KR_PRESET_MODELS && presets[i].own[k].model; k++) {
            kr_forecast_config own = defaults();
            const char *model = presets[i].own[k].model;
            assert_int_equal(kr__forecast_config_set(&own, "model", model, &err), KR_OK);
            assert_int_equal(kr__preset_apply(&presets[i], model, &own, &err), KR_OK);
            assert_int_equal(kr__forecast_config_check(&own, &err), KR_OK);
            assert_memory_not_equal(&own, &shared, sizeof own);
        }
    }
}

/* What one model has instead is of no use to another, and a preset's model need not be named. */
static void presets_have_settings_of_a_model(void **state) {
    (void)state;
    const kr_preset preset = {
        "p", "", "model TimeStar loss MAE dropout 0.2", {{"TimeStar", "loss Huber d_model 64"}}};
    const struct {
        const char *model, *loss;
        int64_t d_model;
    } cases[] = {{NULL, "Huber", 64}, {"TimeStar", "Huber", 64}, {"TimeStarMamba", "MAE", 512}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_forecast_config c = defaults();
        kr_error err = {.text = ""};
        assert_int_equal(kr__preset_apply(&preset, cases[i].model, &c, &err), KR_OK);
        assert_string_equal(c.loss, cases[i].loss);
        assert_int_equal(c.d_model, cases[i].d_model);
        assert_float_equal(c.dropout, 0.2, 1e-6);
        assert_string_equal(c.model_id, "p");
    }
    const kr_preset wrong = {"p", "", "d_modl 1", {{0}}}, half = {"p", "", "d_model", {{0}}};
    kr_forecast_config c = defaults();
    kr_error err = {.text = ""};
    assert_int_equal(kr__preset_apply(&wrong, NULL, &c, &err), KR_USAGE);
    assert_int_equal(kr__preset_apply(&half, NULL, &c, &err), KR_OK);
    assert_int_equal(c.d_model, 512);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_original),
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(nineteen_factors_are_allowed),
        cmocka_unit_test(wrong_values_are_refused_in_a_sentence),
        cmocka_unit_test(settings_that_do_not_fit_together_are_refused),
        cmocka_unit_test(the_folder_is_named_as_the_original_names_it),
        cmocka_unit_test(json_keeps_every_setting),
        cmocka_unit_test(hostile_json_is_refused),
        cmocka_unit_test(presets_set_what_exists),
        cmocka_unit_test(presets_have_settings_of_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
