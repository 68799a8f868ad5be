/* SPDX-License-Identifier: MIT
 * verdict_words.c - a comparison with a rule of thumb in words. */
#include "forecast/verdict_words.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *kr_judgement_text(kr_judgement judgement) {
    static const char *const words[] = {
        [KR_TOO_LITTLE] = "too little data to tell",
        [KR_BETTER] = "better",
        [KR_NO_BETTER] = "no better",
        [KR_WORSE] = "worse",
    };
    return words[judgement];
}

void kr__verdict_add(char *text, size_t size, const char *format, ...) {
    size_t n = strlen(text);
    va_list args;
    if (n > 0) n += (size_t)snprintf(text + n, size - n, " ");
    if (n >= size) return;
    va_start(args, format);
    vsnprintf(text + n, size - n, format, args);
    va_end(args);
}

/* "12 % below", "3.1 % above" of a skill, which is 1 - error / error of the rule. */
static const char *share_text(double skill, char text[32]) {
    double percent = 100 * fabs(skill);
    snprintf(text, 32, "%.*f %% %s", percent < 9.95 ? 1 : 0, percent,
             skill >= 0 ? "below" : "above");
    return text;
}

/* "the median of 7 columns", "the series". */
static const char *targets_text(const kr__verdict *v, bool has_series, char text[48]) {
    const char *noun = has_series ? "series" : "column";
    snprintf(text, 48, "the median of %jd %s%s", (intmax_t)v->n_targets, noun,
             has_series ? "" : "s");
    if (v->n_targets == 1) snprintf(text, 48, "the %s", noun);
    return text;
}

void kr__verdict_compare(char *text, size_t size, const kr__verdict *v, const char *lead,
                         const char *rule, bool has_series) {
    char skill[32], low[32], high[32], of[48];
    if (v->kind == KR_TOO_LITTLE || v->n_targets == 0) return;
    kr__verdict_add(
        text, size,
        "%s is %s that of %s, the best rule of thumb, for %s (90 of 100 resamples: %s to "
        "%s).",
        lead, share_text(v->skill, skill), rule, targets_text(v, has_series, of),
        share_text(v->high, high), share_text(v->low, low));
}

void kr__verdict_judge(char *text, size_t size, const kr__verdict *v, const char *name,
                       const char *rule, const char *worse) {
    switch (v->kind) {
        case KR_BETTER:
            kr__verdict_add(text, size, "It is better than %s.", rule);
            break;
        case KR_NO_BETTER:
            kr__verdict_add(text, size, "That is no better than %s, as far as these data can tell.",
                            rule);
            break;
        case KR_WORSE:
            kr__verdict_add(text, size, "That is worse%s.", worse);
            break;
        case KR_TOO_LITTLE:
            kr__verdict_add(text, size,
                            "There is too little data to tell whether %s is better than %s.", name,
                            rule);
            break;
    }
}
