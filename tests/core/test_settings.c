/* SPDX-License-Identifier: MIT
 * test_settings.c - settings behind a handle: by name, listed, copied, as JSON. */
#define _GNU_SOURCE
#include <kr/nextstep.h>
#include <kr/settings.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "forecast/comparison.h"
#include "forecast/fitting.h"
#include "forecast/forecast_config.h"
#include "nextstep/nextstep_config.h"

static int create(void **state) {
    kr_settings *s = NULL;
    if (kr_forecast_settings_create(&s, NULL) != KR_OK) return 1;
    *state = s;
    return 0;
}

static int destroy(void **state) {
    kr_settings_destroy(*state);
    return 0;
}

static const kr_forecast_config *config_of(const kr_settings *s) {
    const void *values = NULL;
    assert_int_equal(kr__settings_values(s, kr__forecast_flags(), &values, NULL), KR_OK);
    return values;
}

static void they_begin_at_their_defaults(void **state) {
    const kr_settings *s = *state;
    kr_forecast_config defaults;
    kr__forecast_config_init(&defaults);
    assert_memory_equal(config_of(s), &defaults, sizeof defaults);
    assert_int_equal(kr_settings_int(s, "pred_len"), 96);
    assert_true(kr_settings_real(s, "learning_rate") == 0.0001);
    assert_true(kr_settings_bool(s, "use_norm") && kr_settings_bool(s, "distil"));
    assert_string_equal(kr_settings_text(s, "model"), "TimeStar");
    assert_string_equal(kr_settings_list(s), "forecast");
}

static void they_are_made_of_values(void **state) {
    (void)state;
    kr_forecast_config values;
    kr_settings *s = NULL;
    kr__forecast_config_init(&values);
    values.pred_len = 7;
    assert_int_equal(kr__settings_from_values(kr__forecast_flags(), &values, &s, NULL), KR_OK);
    values.pred_len = 8;
    assert_int_equal(kr_settings_int(s, "pred_len"), 7);
    kr_settings_destroy(s);
}

static void names_are_written_with_either_line(void **state) {
    kr_settings *s = *state;
    char text[KR_SETTING_SIZE];
    assert_int_equal(kr_settings_set(s, "pred-len", "24", NULL), KR_OK);
    assert_int_equal(kr_settings_set(s, "seq_len", "48", NULL), KR_OK);
    assert_int_equal(kr_settings_int(s, "pred_len"), 24);
    assert_int_equal(config_of(s)->seq_len, 48);
    assert_int_equal(kr_settings_get(s, "seq-len", text, sizeof text, NULL), KR_OK);
    assert_string_equal(text, "48");
}

static void numbers_are_set_as_numbers(void **state) {
    kr_settings *s = *state;
    assert_int_equal(kr_settings_set_int(s, "pred_len", 12, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "seed", 9007199254740991, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "inverse", 1, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "distil", 0, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "learning_rate", 1, NULL), KR_OK);
    assert_int_equal(kr_settings_set_real(s, "dropout", 0.1 + 0.2, NULL), KR_OK);
    assert_int_equal(kr_settings_set_real(s, "train_rows", 1e12, NULL), KR_OK);
    assert_int_equal(kr_settings_set_real(s, "gradient_clip", 1e30, NULL), KR_OK);
    const kr_forecast_config *c = config_of(s);
    assert_int_equal(c->pred_len, 12);
    assert_int_equal(c->seed, 9007199254740991);
    assert_true(c->inverse && !c->distil);
    assert_true(c->learning_rate == 1 && c->dropout == 0.1 + 0.2 && c->gradient_clip == 1e30);
    assert_int_equal(c->train_rows, 1000000000000);
}

/* The last refusal; nothing was set. */
static kr_error refusal;

#define REFUSED(call, sentence)                                                                    \
    do {                                                                                           \
        kr_forecast_config before = *config_of(s);                                                 \
        assert_int_equal(call, KR_USAGE);                                                          \
        assert_string_equal(refusal.text, sentence);                                               \
        assert_memory_equal(config_of(s), &before, sizeof before);                                 \
    } while (0)

static void wrong_values_change_nothing(void **state) {
    kr_settings *s = *state;
    char text[3];
    REFUSED(kr_settings_set(s, "d-modle", "64", &refusal),
            "unknown setting \"d-modle\"; did you mean `d_model`?");
    REFUSED(kr_settings_set(s, "d_model", "0", &refusal),
            "`d_model`: 0 is out of range; use 1 to 65536");
    assert_string_equal(refusal.hint, "d_model");
    REFUSED(kr_settings_set_int(s, "d-model", -1, &refusal),
            "`d_model`: -1 is out of range; use 1 to 65536");
    REFUSED(kr_settings_set_int(s, "inverse", 2, &refusal),
            "`inverse`: \"2\" is neither yes nor no; use 0, 1, true or false");
    REFUSED(kr_settings_set_int(s, "levels", 1, &refusal),
            "`levels`: 1 is a number; a text is needed");
    REFUSED(kr_settings_set_int(s, "qqqqqqq", 1, &refusal), "unknown setting \"qqqqqqq\"");
    REFUSED(kr_settings_set_real(s, "d_model", 1.5, &refusal),
            "`d_model`: \"1.5\" is not a whole number; use 1 to 65536");
    REFUSED(kr_settings_set_real(s, "dropout", (double)NAN, &refusal),
            "`dropout`: \"nan\" is not a number; use 0 to 0.99");
    REFUSED(kr_settings_set_real(s, "dropout", 1, &refusal),
            "`dropout`: 1 is out of range; use 0 to 0.99");
    REFUSED(kr_settings_set_real(s, "inverse", 1, &refusal),
            "`inverse`: 1 is a number; 0 or 1 is needed");
    REFUSED(kr_settings_set(s, "loss", "MEA", &refusal),
            "`loss`: unknown value \"MEA\"; did you mean MAE? It can be MSE, MAE, Huber or "
            "Quantile");
    REFUSED(kr_settings_get(s, "nothing", text, sizeof text, &refusal),
            "unknown setting \"nothing\"");
    REFUSED(kr_settings_get(s, "d_model", text, sizeof text, &refusal),
            "`d_model`: its value needs room for 4 bytes, not 3");
    assert_int_equal(kr_settings_set(s, "d_model", "16", NULL), KR_OK);
    assert_int_equal(kr_settings_get(s, "d_model", text, sizeof text, NULL), KR_OK);
    assert_string_equal(text, "16");
}

static void a_copy_stands_alone(void **state) {
    kr_settings *s = *state, *copy = NULL;
    assert_int_equal(kr_settings_set(s, "target", "load", NULL), KR_OK);
    assert_int_equal(kr_settings_copy(s, &copy, NULL), KR_OK);
    assert_memory_equal(config_of(copy), config_of(s), sizeof(kr_forecast_config));
    assert_int_equal(kr_settings_set(copy, "target", "price", NULL), KR_OK);
    assert_string_equal(kr_settings_text(s, "target"), "load");
    assert_string_equal(kr_settings_text(copy, "target"), "price");
    kr_settings_destroy(copy);
    kr_settings_destroy(NULL);
}

/* ---- the list --------------------------------------------------------------------------- */

static kr_status (*const creators[])(kr_settings **, kr_error *) = {
    kr_forecast_settings_create,    kr_nextstep_settings_create, kr_fit_settings_create,
    kr__comparison_settings_create, kr_evaluate_settings_create, kr_gates_settings_create,
    kr_generate_settings_create,    kr_synth_settings_create,
};
static const char *const names[] = {"forecast", "nextstep", "fit",      "comparison",
                                    "evaluate", "gates",    "generate", "synth"};
enum { N_LISTS = sizeof names / sizeof names[0] };

/* Each described setting can be read, and takes its default. */
static void lists_describe_what_can_be_set(void **state) {
    (void)state;
    for (int l = 0; l < N_LISTS; l++) {
        kr_settings *s = NULL;
        char text[KR_SETTING_SIZE];
        assert_int_equal(creators[l](&s, NULL), KR_OK);
        assert_string_equal(kr_settings_list(s), names[l]);
        assert_true(kr_settings_count(s) > 10);
        for (int i = 0; i < kr_settings_count(s); i++) {
            kr_setting_info info = {.size = sizeof info};
            kr_settings_describe(s, i, &info);
            assert_int_equal(info.size, sizeof info);
            assert_true(*info.group && *info.help);
            assert_int_equal(kr_settings_set(s, info.name, info.default_text, NULL), KR_OK);
            assert_int_equal(kr_settings_get(s, info.name, text, sizeof text, NULL), KR_OK);
            bool is_bool = info.kind == KR_SETTING_BOOL || info.kind == KR_SETTING_OFF;
            assert_int_equal(*info.word == '\0', is_bool);
        }
        kr_settings_destroy(s);
    }
}

static void a_setting_is_described_whole(void **state) {
    const kr_settings *s = *state;
    kr_setting_info info = {.size = sizeof info};
    int i = 0;
    do kr_settings_describe(s, i++, &info);
    while (strcmp(info.name, "train_epochs") != 0);
    assert_string_equal(info.group, "training");
    assert_string_equal(info.word, "N");
    assert_string_equal(info.default_text, "10");
    assert_string_equal(info.choices, "");
    assert_int_equal(info.kind, KR_SETTING_INT);
    assert_true(info.min == 1 && info.max == 1000000);
    assert_int_equal(info.traits, KR_SETTING_FREE | KR_SETTING_SWEPT);
}

/* As a caller of an older version has it. */
static void a_shorter_description_gets_what_it_has_room_for(void **state) {
    kr_setting_info info;
    memset(&info, 0x55, sizeof info);
    info.size = offsetof(kr_setting_info, help);
    kr_settings_describe(*state, 0, &info);
    assert_string_equal(info.name, "task_name");
    assert_string_equal(info.group, "basic");
    for (size_t i = info.size; i < sizeof info; i++) assert_int_equal(((char *)&info)[i], 0x55);
}

/* ---- as JSON ---------------------------------------------------------------------------- */

static void json_gives_the_same_settings(void **state) {
    kr_settings *s = *state, *read = NULL;
    char *text = NULL;
    assert_int_equal(kr_settings_set(s, "target", "a \"b\"\n\\", NULL), KR_OK);
    assert_int_equal(kr_settings_set_real(s, "dropout", 0.1 + 0.2, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "seed", 9007199254740991, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "distil", 0, NULL), KR_OK);
    assert_int_equal(kr_settings_to_json(s, &text, NULL), KR_OK);
    assert_int_equal(kr_forecast_settings_create(&read, NULL), KR_OK);
    assert_int_equal(kr_settings_set(read, "d_model", "16", NULL), KR_OK); /* not to stay */
    assert_int_equal(kr_settings_from_json(read, text, strlen(text), NULL), KR_OK);
    assert_memory_equal(config_of(read), config_of(s), sizeof(kr_forecast_config));
    kr_free(text);
    kr_settings_destroy(read);
}

static void json_that_is_wrong_changes_nothing(void **state) {
    kr_settings *s = *state;
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{\"d_model\":\"16\"}",
                                        "{\"d_model\":0}",
                                        "{\"d_model\":1.5}",
                                        "{\"pred_len\":24,\"d_modle\":16}",
                                        "{\"pred_len\":24"};
    assert_int_equal(kr_settings_set(s, "seq_len", "48", NULL), KR_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kr_forecast_config before = *config_of(s);
        kr_error err;
        assert_int_equal(kr_settings_from_json(s, wrong[i], strlen(wrong[i]), &err), KR_FORMAT);
        assert_true(*err.text);
        assert_memory_equal(config_of(s), &before, sizeof before);
    }
    const char *few = "{\"pred_len\":24}";
    assert_int_equal(kr_settings_from_json(s, few, strlen(few), NULL), KR_OK);
    assert_int_equal(kr_settings_int(s, "pred_len"), 24);
    assert_int_equal(kr_settings_int(s, "seq_len"), 96);
}

/* ---- mistakes --------------------------------------------------------------------------- */

/* What a child says that must end by abort(). */
static const char *last_words(void (*mistake)(const kr_settings *s), const kr_settings *s) {
    static char text[256];
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        dup2(ends[1], STDERR_FILENO);
        mistake(s);
        _exit(0);
    }
    close(ends[1]);
    memset(text, 0, sizeof text);
    assert_true(read(ends[0], text, sizeof text - 1) >= 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return text;
}

static void ask_for_none(const kr_settings *s) { kr_settings_int(s, "no_such"); }
static void ask_for_a_real(const kr_settings *s) { kr_settings_real(s, "seq-len"); }
static void ask_for_a_text(const kr_settings *s) { kr_settings_text(s, "distil"); }
static void describe_one_too_many(const kr_settings *s) {
    kr_setting_info info = {.size = sizeof info};
    kr_settings_describe(s, kr_settings_count(s), &info);
}

/* An emulator adds words of its own. */
static void check_last_words(void (*mistake)(const kr_settings *), const kr_settings *s,
                             const char *sentence) {
    const char *said = last_words(mistake, s);
    if (strncmp(said, sentence, strlen(sentence)) != 0) fail_msg("%s", said);
}

static void mistakes_of_the_program_end_it(void **state) {
    const kr_settings *s = *state;
    check_last_words(ask_for_none, s, "krait: the list of settings forecast has no \"no_such\"\n");
    check_last_words(
        ask_for_a_real, s,
        "krait: setting \"seq_len\" of the list forecast is a whole number, not a number\n");
    check_last_words(ask_for_a_text, s,
                     "krait: setting \"distil\" of the list forecast is a yes or no, not a text\n");
    assert_non_null(strstr(last_words(describe_one_too_many, s), "forecast has no number "));
}

static void settings_of_another_list_are_refused(void **state) {
    const void *values = NULL;
    kr_error err;
    assert_int_equal(kr__settings_values(*state, kr__synth_flags(), &values, &err), KR_USAGE);
    assert_string_equal(err.text, "these are settings of the list forecast, not of synth");
    assert_null(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_begin_at_their_defaults, create, destroy),
        cmocka_unit_test(they_are_made_of_values),
        cmocka_unit_test_setup_teardown(names_are_written_with_either_line, create, destroy),
        cmocka_unit_test_setup_teardown(numbers_are_set_as_numbers, create, destroy),
        cmocka_unit_test_setup_teardown(wrong_values_change_nothing, create, destroy),
        cmocka_unit_test_setup_teardown(a_copy_stands_alone, create, destroy),
        cmocka_unit_test(lists_describe_what_can_be_set),
        cmocka_unit_test_setup_teardown(a_setting_is_described_whole, create, destroy),
        cmocka_unit_test_setup_teardown(a_shorter_description_gets_what_it_has_room_for, create,
                                        destroy),
        cmocka_unit_test_setup_teardown(json_gives_the_same_settings, create, destroy),
        cmocka_unit_test_setup_teardown(json_that_is_wrong_changes_nothing, create, destroy),
        cmocka_unit_test_setup_teardown(mistakes_of_the_program_end_it, create, destroy),
        cmocka_unit_test_setup_teardown(settings_of_another_list_are_refused, create, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
