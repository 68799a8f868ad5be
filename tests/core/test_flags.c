/* SPDX-License-Identifier: MIT
 * test_flags.c - the lists of settings: every row is whole, decides its traits, and has the default
 * that it says. */
#include <kr/nextstep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "forecast/comparison.h"
#include "forecast/fitting.h"
#include "forecast/forecast_config.h"
#include "nextstep/nextstep_config.h"
#include "zeroshot/zeroshot_internal.h"

static const struct {
    const kr_flag_table *(*table)(void);
    unsigned decides;
    const kr_old_flag *(*old)(int *count);
} lists[] = {
    {kr__forecast_flags, KR_FLAG_RESUME | KR_FLAG_SWEEP, kr__forecast_old_flags},
    {kr__nextstep_flags, KR_FLAG_RESUME, kr__nextstep_old_flags},
    {kr__fit_flags, KR_FLAG_COPY, NULL},
    {kr__comparison_flags, KR_FLAG_COPY | KR_FLAG_NOTE, NULL},
    {kr__evaluate_flags, 0, NULL},
    {kr__gates_flags, 0, NULL},
    {kr__generate_flags, 0, NULL},
    {kr__synth_flags, 0, NULL},
    {kr__zeroshot_flags, KR_FLAG_RESUME, NULL},
};
enum { N_LISTS = sizeof lists / sizeof lists[0] };

static void each_row_decides_what_its_list_asks(void **state) {
    (void)state;
    static const unsigned pairs[] = {KR_FLAG_RESUME, KR_FLAG_SWEEP, KR_FLAG_COPY, KR_FLAG_NOTE};
    for (int l = 0; l < N_LISTS; l++) {
        const kr_flag_table *table = lists[l].table();
        assert_int_equal(table->decides, lists[l].decides);
        for (int i = 0; i < table->count; i++) {
            unsigned left = table->flags[i].traits;
            for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
                unsigned of_pair = left & pairs[p];
                bool is_one = of_pair != 0 && of_pair != pairs[p];
                assert_int_equal(of_pair != 0, (table->decides & pairs[p]) != 0);
                assert_true(is_one || of_pair == 0);
                left -= of_pair;
            }
            assert_int_equal(left, 0);
        }
    }
}

/* One row of tests/golden/settings.txt. */
static void describe(const kr_flag_table *table, const kr_flag *f, char line[400]) {
    snprintf(
        line, 400, "%s %s kind %d from %.17g to %.17g default \"%s\" choices \"%s\" traits %u\n",
        table->name, f->name, (int)f->kind, f->min, f->max, f->default_text, f->choices, f->traits);
}

static void check_line(FILE *file, bool is_new, const char *line) {
    char was[400];
    if (is_new) {
        fputs(line, file);
        return;
    }
    assert_non_null(fgets(was, sizeof was, file));
    assert_string_equal(line, was);
}

/* Flags without effect take as many values as the original's. */
static void check_old(FILE *file, bool is_new, int list) {
    int count = 0;
    char line[400];
    const kr_old_flag *old = lists[list].old ? lists[list].old(&count) : NULL;
    for (int i = 0; i < count; i++) {
        snprintf(line, sizeof line, "%s %s old, values %d: %s\n", lists[list].table()->name,
                 old[i].name, old[i].takes_value, old[i].why);
        check_line(file, is_new, line);
    }
}

/* A default, a limit or a choice that changes is seen here: KR_SETTINGS_UPDATE=1 test_flags. */
static void each_row_is_as_it_was(void **state) {
    (void)state;
    bool is_new = getenv("KR_SETTINGS_UPDATE");
    FILE *file = fopen(KR_GOLDEN_DIR "/settings.txt", is_new ? "w" : "r");
    char line[400], was[400];
    assert_non_null(file);
    for (int l = 0; l < N_LISTS; l++) {
        const kr_flag_table *table = lists[l].table();
        for (int i = 0; i < table->count; i++) {
            describe(table, &table->flags[i], line);
            check_line(file, is_new, line);
        }
        check_old(file, is_new, l);
    }
    if (!is_new) assert_null(fgets(was, sizeof was, file));
    assert_int_equal(fclose(file), 0);
}

static void each_row_is_whole(void **state) {
    (void)state;
    for (int l = 0; l < N_LISTS; l++) {
        const kr_flag_table *table = lists[l].table();
        void *config = kr__calloc(1, table->size), *set = kr__calloc(1, table->size);
        kr__flags_init(table, config);
        for (int i = 0; i < table->count; i++) {
            const kr_flag *flag = &table->flags[i];
            bool is_bool = flag->kind == KR_SETTING_BOOL || flag->kind == KR_SETTING_OFF;
            assert_true(is_bool ? !*flag->word : *flag->word != '\0');
            assert_true(*flag->group && *flag->help);
            assert_ptr_equal(kr__flags_find(table, flag->name), flag);
            assert_int_equal(kr__flags_set(table, set, flag->name, flag->default_text, NULL),
                             KR_OK);
        }
        assert_memory_equal(config, set, table->size);
        assert_null(kr__flags_find(table, "no_such_setting"));
        kr_free(config);
        kr_free(set);
    }
}

/* What a run takes over is a setting of a run. */
static void copied_settings_are_those_of_a_run(void **state) {
    (void)state;
    int n_copied = 0;
    for (int l = 0; l < N_LISTS; l++) {
        const kr_flag_table *table = lists[l].table();
        for (int i = 0; i < table->count; i++) {
            if (!(table->flags[i].traits & KR_SETTING_COPIED)) continue;
            assert_non_null(kr__flags_find(kr__forecast_flags(), table->flags[i].name));
            n_copied++;
        }
    }
    assert_int_equal(n_copied, 17 + 33);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_decides_what_its_list_asks),
        cmocka_unit_test(each_row_is_as_it_was),
        cmocka_unit_test(each_row_is_whole),
        cmocka_unit_test(copied_settings_are_those_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
