/* SPDX-License-Identifier: MIT
 * fit_verdict.c - which model a fit chose and how it compares, in words. */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "forecast/fitting.h"
#include "forecast/verdict_words.h"

static void add_comparison(const kr_fit_data *data, const kr__fit_result *r,
                           char text[KR_FIT_VERDICT]) {
    char lead[96], worse[64];
    const char *rule = r->candidates[r->rule].model;
    snprintf(lead, sizeof lead, "On %jd later window%s that no choice depended on, its error",
             (intmax_t)r->verdict.n_windows, kr__plural(r->verdict.n_windows));
    snprintf(worse, sizeof worse, ", so %s is used", rule);
    kr__verdict_compare(text, KR_FIT_VERDICT, &r->verdict, lead, rule, data->look.n_series > 1);
    kr__verdict_judge(text, KR_FIT_VERDICT, &r->verdict, "it", rule, worse);
}

static void add_coverage(const kr__fit_result *r, bool are_named, char text[KR_FIT_VERDICT]) {
    const char *first = are_named ? "There its" : "On the later windows its";
    bool is_told = r->verdict.n_windows > 0 && r->verdict.kind != KR_TOO_LITTLE;
    for (int i = 0; i < r->levels.n && is_told; i++) {
        if (isnan(r->levels.held[i])) return;
        kr__verdict_add(text, KR_FIT_VERDICT, "%s %.0f %% intervals held %.0f %% of the values%s",
                        i == 0 ? first : "its", 100 * r->levels.level[i], 100 * r->levels.held[i],
                        i + 1 < r->levels.n ? "," : ".");
    }
}

static int count_tried(const kr__fit_result *r, bool with_rules) {
    int n = 0;
    for (int i = 0; i < r->n_candidates; i++) {
        const kr__fit_candidate *c = &r->candidates[i];
        bool is_rule = c->local && c->local->use == KR__LOCAL_RULE;
        n += !*c->why_not && (with_rules || !is_rule);
    }
    return n;
}

/* Then only ZeroShot can be chosen: fit_zeroshot.c. */
static bool has_no_past(const kr__fit_result *r) {
    return r->study->n_windows == 0 && r->candidates[r->chosen[0]].local == &kr__local_zeroshot;
}

static void add_choice(const kr__fit_result *r, char text[KR_FIT_VERDICT]) {
    char choice[KR_FIT_CHOICE];
    kr__fit_choice(r, choice);
    *choice = (char)toupper((unsigned char)*choice);
    if (has_no_past(r)) {
        kr__verdict_add(
            text, KR_FIT_VERDICT,
            r->n_candidates > 1
                ? "The rows are too few to compare models in their past, so %s is used: "
                  "it has learnt from simulated series, and tells intervals of its own."
                : "%s forecasts without a look at the past: it has learnt from simulated "
                  "series, and tells intervals of its own.",
            choice);
    } else if (r->is_rule_after_all) {
        kr__verdict_add(text, KR_FIT_VERDICT,
                        "What was best on the earlier windows is not on the later ones.");
    } else if (count_tried(r, true) == 1) {
        kr__verdict_add(text, KR_FIT_VERDICT, "%s is the only model that was tried.", choice);
    } else {
        kr__verdict_add(text, KR_FIT_VERDICT,
                        r->study->n_verdict > 0 ? "%s is best on the earlier windows."
                                                : "%s is best in the past, as far as that reaches.",
                        choice);
    }
}

const char *kr__fit_verdict(const kr_fit_data *data, const kr__fit_result *r,
                            char text[KR_FIT_VERDICT]) {
    *text = '\0';
    add_choice(r, text);
    bool is_rule = r->n_chosen == 1 && r->chosen[0] == r->rule && !r->is_rule_after_all;
    if (r->rule < 0) return text;
    if (!is_rule) {
        add_comparison(data, r, text);
    } else if (count_tried(r, false) > 0) {
        kr__verdict_add(
            text, KR_FIT_VERDICT,
            "No other model beat it: these data hold little that such models could use.");
    }
    add_coverage(r, !is_rule, text);
    return text;
}
