/* SPDX-License-Identifier: MIT
 * test_fit_verdict.c - what a fit says of its choice, for every kind of verdict. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forecast/fitting.h"
#include "forecast/verdict_words.h"

/* ---- words ------------------------------------------------------------------------------ */

static void shares_and_their_targets(void **state) {
    (void)state;
    static const struct {
        double skill;
        int64_t n_targets;
        bool has_series;
        const char *want;
    } cases[] = {
        {0.123, 1, false, "E is 12 % below that of Naive, the best rule of thumb, for the column"},
        {0.123, 1, true, "E is 12 % below that of Naive, the best rule of thumb, for the series"},
        {-0.0312, 7, false,
         "E is 3.1 % above that of Naive, the best rule of thumb, for the median of 7 columns"},
        {0.0994, 2, true,
         "E is 9.9 % below that of Naive, the best rule of thumb, for the median of 2 series"},
        {0.0996, 2, true,
         "E is 10 % below that of Naive, the best rule of thumb, for the median of 2 series"},
        {0, 1, false, "E is 0.0 % below that of Naive, the best rule of thumb, for the column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[400] = "Before.", want[400];
        const kr__verdict v = {.kind = KR_BETTER,
                               .skill = cases[i].skill,
                               .low = -0.2,
                               .high = 0.05,
                               .n_targets = cases[i].n_targets};
        kr__verdict_compare(text, sizeof text, &v, "E", "Naive", cases[i].has_series);
        snprintf(want, sizeof want,
                 "Before. %s (90 of 100 resamples: 5.0 %% below to 20 %% above).", cases[i].want);
        assert_string_equal(text, want);
    }
    char text[40] = "";
    kr__verdict v = {.kind = KR_TOO_LITTLE, .n_targets = 1};
    kr__verdict_compare(text, sizeof text, &v, "E", "Naive", false);
    v = (kr__verdict){.kind = KR_BETTER, .n_targets = 0};
    kr__verdict_compare(text, sizeof text, &v, "E", "Naive", false);
    assert_string_equal(text, "");
}

static void judgements(void **state) {
    (void)state;
    static const char *const want[] = {
        [KR_TOO_LITTLE] = "There is too little data to tell whether it is better than Naive.",
        [KR_BETTER] = "It is better than Naive.",
        [KR_NO_BETTER] = "That is no better than Naive, as far as these data can tell.",
        [KR_WORSE] = "That is worse, so there.",
    };
    for (int kind = KR_TOO_LITTLE; kind <= KR_WORSE; kind++) {
        char text[200] = "";
        const kr__verdict v = {.kind = (kr_judgement)kind};
        kr__verdict_judge(text, sizeof text, &v, "it", "Naive", ", so there");
        assert_string_equal(text, want[kind]);
    }
}

/* What does not fit is cut; a full text stays as it is. */
static void a_text_never_grows_too_long(void **state) {
    (void)state;
    char text[8] = "";
    kr__verdict_add(text, sizeof text, "%s", "abc");
    kr__verdict_add(text, sizeof text, "%s", "defgh");
    assert_string_equal(text, "abc def");
    kr__verdict_add(text, sizeof text, "%s", "i");
    assert_string_equal(text, "abc def");
}

/* ---- a fit ------------------------------------------------------------------------------ */

static kr__fit_result *result;
static kr__study study;

/* The rule, a better statistical model, a learned one that was left out. */
static void make_result(void) {
    static const char *const names[] = {"Naive", "Theta", "RLinear"};
    memset(result, 0, sizeof *result);
    study = (kr__study){.n_verdict = 5};
    result->study = &study;
    result->n_candidates = 3;
    for (int i = 0; i < 3; i++) {
        strcpy(result->candidates[i].model, names[i]);
        result->candidates[i].local = kr__local_find(names[i]);
    }
    strcpy(result->candidates[2].why_not, "there was no time for it");
    result->chosen[0] = 1;
    result->n_chosen = 1;
    result->verdict = (kr__verdict){
        .kind = KR_BETTER, .skill = 0.25, .low = 0.1, .high = 0.5, .n_targets = 1, .n_windows = 5};
}

static void expect(int64_t n_series, const char *want) {
    kr_fit_data data = {.look = {.n_series = n_series}};
    char text[KR_FIT_VERDICT];
    assert_string_equal(kr__fit_verdict(&data, result, text), want);
}

#define COMPARED                                                                                   \
    " On 5 later windows that no choice depended on, its error is 25 % below that of Naive, the "  \
    "best rule of thumb, for the column (90 of 100 resamples: 50 % below to 10 % below)."

static void the_best_of_several(void **state) {
    (void)state;
    make_result();
    expect(1, "Theta is best on the earlier windows." COMPARED " It is better than Naive.");
    result->levels = (kr__study_levels){.n = 2, .level = {0.8, 0.95}, .held = {0.785, 0.941}};
    expect(1,
           "Theta is best on the earlier windows." COMPARED
           " It is better than Naive. "
           "There its 80 % intervals held 78 % of the values, its 95 % intervals held 94 % of the "
           "values.");
    result->levels.held[0] = (double)NAN;
    result->verdict.n_windows = 1;
    expect(2,
           "Theta is best on the earlier windows. On 1 later window that no choice depended on, "
           "its error is 25 % below that of Naive, the best rule of thumb, for the series (90 of "
           "100 resamples: 50 % below to 10 % below). It is better than Naive.");
    result->n_chosen = 2;
    result->chosen[1] = 0;
    result->rule = -1;
    study.n_verdict = 0;
    expect(1, "The median of Theta and Naive is best in the past, as far as that reaches.");
}

static void a_rule_of_thumb(void **state) {
    (void)state;
    make_result();
    result->chosen[0] = 0;
    result->levels = (kr__study_levels){.n = 1, .level = {0.8}, .held = {0.5}};
    expect(1,
           "Naive is best on the earlier windows. No other model beat it: these data hold little "
           "that such models could use. On the later windows its 80 % intervals held 50 % of the "
           "values.");
    result->verdict.kind = KR_TOO_LITTLE; /* of nothing is the coverage told */
    strcpy(result->candidates[1].why_not, "too few rows");
    expect(1, "Naive is the only model that was tried.");
    result->verdict.kind = KR_BETTER;
    result->verdict.n_windows = 0;
    expect(1, "Naive is the only model that was tried.");
}

static void a_choice_that_is_worse_after_all(void **state) {
    (void)state;
    make_result();
    result->chosen[0] = 0;
    result->is_rule_after_all = true;
    result->verdict.kind = KR_WORSE;
    result->verdict.skill = -0.25;
    expect(1,
           "What was best on the earlier windows is not on the later ones. On 5 later windows "
           "that no choice depended on, its error is 25 % above that of Naive, the best rule of "
           "thumb, for the column (90 of 100 resamples: 50 % below to 10 % below). That is worse, "
           "so Naive is used.");
}

static int set_up(void **state) {
    (void)state;
    result = calloc(1, sizeof *result);
    return result ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    free(result);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares_and_their_targets),
                                       cmocka_unit_test(judgements),
                                       cmocka_unit_test(a_text_never_grows_too_long),
                                       cmocka_unit_test(the_best_of_several),
                                       cmocka_unit_test(a_rule_of_thumb),
                                       cmocka_unit_test(a_choice_that_is_worse_after_all)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
