/* SPDX-License-Identifier: MIT
 * param_groups.c - which parameters are trained, and at which rate. */
#include "train/param_groups.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/real.h"
#include "core/text.h"

/* ---- what flags ask for ----------------------------------------------------------------- */

void kr__param_groups_add(kr_param_groups *groups, kr_param_group group) {
    assert(groups->count < KR_PARAM_GROUPS_MAX);
    if (group.parts && group.n_parts == 0) group.n_parts = (int64_t)strlen(group.parts);
    groups->list[groups->count++] = group;
}

/* Bytes up to the next comma or the end. */
static int64_t part_length(const char *text, int64_t n) {
    const char *comma = memchr(text, ',', (size_t)n);
    return comma ? comma - text : n;
}

static kr_status check_parts(const char *flag, const char *text, int64_t n, kr_error *err) {
    for (int64_t at = 0; at <= n;) {
        int64_t length = part_length(text + at, n - at);
        if (length == 0) {
            return kr_fail(err, KR_USAGE, "`%s`: a name between commas is empty", flag);
        }
        at += length + 1;
    }
    return KR_OK;
}

static kr_status parse_factor(const char *item, int64_t n, kr_param_group *group, kr_error *err) {
    char number[40];
    const char *equals = memchr(item, '=', (size_t)n);
    int64_t n_name = equals ? equals - item : 0, n_number = n - n_name - 1;
    bool is_factor = n_name > 0 && n_number > 0 && n_number < (int64_t)sizeof number;
    if (is_factor) {
        snprintf(number, sizeof number, "%.*s", (int)n_number, equals + 1);
        is_factor =
            kr__text_real(number, &group->factor) && group->factor >= 0 && group->factor <= 1000;
    }
    if (!is_factor) {
        return kr_fail(err, KR_USAGE,
                       "`lr_factors`: \"%.*s\" is not part of a name, =, and a factor for the rate "
                       "from 0 to 1000, such as head=10",
                       n < 80 ? (int)n : 80, item);
    }
    group->parts = item;
    group->n_parts = n_name;
    return KR_OK;
}

kr_status kr__param_groups_parse(const char *freeze, const char *lr_factors,
                                 const kr_schedule *schedule, kr_param_groups *groups,
                                 kr_error *err) {
    int64_t n = (int64_t)strlen(freeze);
    if (n > 0) {
        KR_TRY(check_parts("freeze", freeze, n, err));
        kr__param_groups_add(groups, (kr_param_group){.parts = freeze,
                                                      .n_parts = n,
                                                      .is_frozen = true,
                                                      .has_no_gradient = true,
                                                      .flag = "freeze"});
    }
    n = (int64_t)strlen(lr_factors);
    const int most = KR_PARAM_GROUPS_MAX - 5; /* the commands add their own groups */
    const int before = groups->count;
    for (int64_t at = 0; n > 0 && at <= n;) {
        int64_t length = part_length(lr_factors + at, n - at);
        kr_param_group group = {.schedule = *schedule, .flag = "lr_factors"};
        KR_TRY(parse_factor(lr_factors + at, length, &group, err));
        if (groups->count - before == most) {
            return kr_fail(err, KR_USAGE, "`lr_factors`: at most %d factors are allowed", most);
        }
        kr__param_groups_add(groups, group);
        at += length + 1;
    }
    return KR_OK;
}

/* ---- finding ---------------------------------------------------------------------------- */

static bool holds(const char *name, const char *part, int64_t n) {
    for (; strlen(name) >= (size_t)n; name++) {
        if (memcmp(name, part, (size_t)n) == 0) return true;
    }
    return false;
}

static bool is_in(const kr_param_group *g, const char *name) {
    if (!g->parts) return true;
    for (int64_t at = 0; at <= g->n_parts;) {
        int64_t length = part_length(g->parts + at, g->n_parts - at);
        if (holds(name, g->parts + at, length)) return true;
        at += length + 1;
    }
    return false;
}

enum { LIST_SIZE = 400 };

/* Is the word, one of a name between points, in the list already? */
static bool is_listed(const char *list, const char *word, size_t n) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        if (length == n && memcmp(at, word, n) == 0) return true;
        at += length;
        at += strspn(at, ", ");
    }
    return false;
}

/* The words that names are made of, each once; numbers of layers are none. .. where there are more
 * than fit. */
static void list_words(const kr_params *params, char list[LIST_SIZE], kr_guess *guess) {
    size_t n = 0;
    *list = '\0';
    for (int i = 0; i < params->count; i++) {
        for (const char *word = params->list[i].name; word; word = kr__text_behind(word, '.')) {
            size_t length = strcspn(word, ".");
            if (strspn(word, "0123456789") >= length || is_listed(list, word, length)) continue;
            kr__guess_offer(guess, word, length);
            if (n + length + 8 > LIST_SIZE) {
                strcpy(list + n, ", ..");
                return;
            }
            n += (size_t)snprintf(list + n, LIST_SIZE - n, "%s%.*s", n > 0 ? ", " : "", (int)length,
                                  word);
        }
    }
}

static kr_status refuse_part(const kr_param_group *g, const char *part, int64_t n, bool is_taken,
                             const kr_params *params, kr_error *err) {
    char list[LIST_SIZE], word[80];
    snprintf(word, sizeof word, "%.*s", n < 80 ? (int)n : 79, part);
    if (is_taken) {
        return kr_fail(err, KR_USAGE,
                       "`%s`: no parameter that an earlier part has left has \"%s\" in its name",
                       g->flag, word);
    }
    kr_guess guess = {.word = word};
    list_words(params, list, &guess);
    return kr_fail(err, KR_USAGE,
                   "`%s`: no parameter has \"%s\" in its name%s%.*s%s; the names of this model's "
                   "are made of: %s",
                   g->flag, word, guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "", list);
}

/* Every part must name a parameter that this group has. */
static kr_status check_found(const kr_param_groups *groups, int group, const kr_params *params,
                             const int *group_of, kr_error *err) {
    const kr_param_group *g = &groups->list[group];
    for (int64_t at = 0; g->flag && at <= g->n_parts;) {
        int64_t length = part_length(g->parts + at, g->n_parts - at);
        bool is_found = false, is_taken = false;
        for (int i = 0; i < params->count && !is_found; i++) {
            if (!holds(params->list[i].name, g->parts + at, length)) continue;
            is_found = group_of[i] == group;
            is_taken = true;
        }
        if (!is_found) return refuse_part(g, g->parts + at, length, is_taken, params, err);
        at += length + 1;
    }
    return KR_OK;
}

kr_status kr__param_groups_find(const kr_param_groups *groups, const kr_params *params,
                                int *group_of, kr_error *err) {
    bool is_trained = false;
    for (int i = 0; i < params->count; i++) {
        int g = 0;
        while (!is_in(&groups->list[g], params->list[i].name)) g++;
        group_of[i] = g;
        is_trained |= !groups->list[g].is_frozen;
    }
    for (int g = 0; g < groups->count; g++) {
        KR_TRY(check_found(groups, g, params, group_of, err));
    }
    if (is_trained) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "all parameters are frozen, so nothing is left to train; freeze "
                   "fewer");
}

/* ---- rates ------------------------------------------------------------------------------ */

double kr__param_group_rate(const kr_param_group *group, int64_t epoch) {
    return group->factor * kr__schedule_rate(&group->schedule, epoch);
}

int kr__param_groups_spans(const kr_param_groups *groups, const kr_params *params,
                           const int *group_of, int64_t epoch, kr_rate_span *spans) {
    int n = 0;
    bool goes_on = false; /* the previous parameter is in the last span */
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        const kr_param_group *g = &groups->list[group_of[i]];
        if (g->is_frozen) {
            goes_on = false;
            continue;
        }
        double rate = kr__param_group_rate(g, epoch);
        if (goes_on && spans[n - 1].rate == rate) {
            spans[n - 1].count = p->offset + p->size - spans[n - 1].first;
        } else {
            spans[n++] = (kr_rate_span){p->offset, p->size, rate};
        }
        goes_on = true;
    }
    return n;
}

void kr__param_groups_clear(const kr_param_groups *groups, const kr_params *params,
                            const int *group_of, kr_real *gradient) {
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        if (!groups->list[group_of[i]].has_no_gradient) continue;
        memset(gradient + p->offset, 0, (size_t)p->size * sizeof *gradient);
    }
}
