/* SPDX-License-Identifier: MIT
 * mix.c - the options of simulated series: which families and seasons, how often. */
#include <math.h>
#include <stdio.h>

#include "core/sized_struct.h"
#include "core/text.h"
#include "simulate/simulation.h"
#include "simulate/simulator.h"

/* What data have, by how often forecasts are made of it. */
static const char default_seasons[] =
    "1=16,12=16,4=7,7=9,24+168=13,24=8,48+336=4,96+672=3,144+1008=1,288+2016=1,7+365=4,52=4,7+364="
    "1,"
    "365=1.5,168=1.5,5=2,6=1,2=.5,3=.5,10=.5,30=1,60=1,48=1.5,96=1.5,144=1,288=.7,336=.5,18=.5,any="
    "6";

/* ---- terms ------------------------------------------------------------------------------ */

enum { NAME_SIZE = 64 };

typedef struct term {
    char name[NAME_SIZE];
    double weight;
} term;

/* "name" or "name=weight", up to a comma; moves *text behind it. */
static kr_status read_term(const char **text, const char *option, term *out, kr_error *err) {
    char whole[NAME_SIZE + 64];
    size_t n = strcspn(*text, ",");
    int length = n < sizeof whole - 1 ? (int)n : (int)sizeof whole - 1;
    snprintf(whole, sizeof whole, "%.*s", length, *text);
    *text += n + ((*text)[n] == ',');
    char *equals = strchr(whole, '=');
    out->weight = 1;
    if (equals) {
        *equals = '\0';
        if (!kr__text_real(equals + 1, &out->weight) || !(out->weight >= 0 && out->weight <= 1e9)) {
            return kr_fail(err, KR_USAGE,
                           "`%s`: \"%s\", the weight of %s, is no number from 0 to 1e9", option,
                           equals + 1, whole);
        }
    }
    char *name = whole + strspn(whole, " ");
    for (char *end = name + strlen(name); end > name && end[-1] == ' ';) *--end = '\0';
    snprintf(out->name, sizeof out->name, "%s", name);
    return KR_OK;
}

static kr_status check_weights(const char *option, const double *weights, int64_t n,
                               kr_error *err) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += weights[i];
    if (sum > 0) return KR_OK;
    return kr_fail(err, KR_USAGE, "`%s`: no weight is above 0; leave it out for all", option);
}

/* ---- families --------------------------------------------------------------------------- */

static kr_status find_family(const char *name, int64_t *out, kr_error *err) {
    kr_guess guess = {.word = name};
    for (int64_t i = 0; i < kr__n_families; i++) {
        if (strcmp(kr__families[i].name, name) == 0) {
            *out = i;
            return KR_OK;
        }
        kr__guess_offer(&guess, kr__families[i].name, strlen(kr__families[i].name));
    }
    if (guess.best) {
        return kr_fail(err, KR_USAGE, "`families`: no family is called \"%s\"; did you mean %s?",
                       name, guess.best);
    }
    return kr_fail(err, KR_USAGE,
                   "`families`: no family is called \"%s\"; the first are %s, %s, %s", name,
                   kr__families[0].name, kr__families[1].name, kr__families[2].name);
}

static kr_status read_families(const char *text, kr__simulator *out, kr_error *err) {
    for (int64_t i = 0; i < kr__n_families && !text; i++) out->families[i] = kr__families[i].weight;
    for (const char *at = text; at && *at;) {
        term t;
        int64_t family = 0;
        KR_TRY(read_term(&at, "families", &t, err));
        KR_TRY(find_family(t.name, &family, err));
        out->families[family] += t.weight;
    }
    return check_weights("families", out->families, kr__n_families, err);
}

/* ---- seasons ---------------------------------------------------------------------------- */

static kr_status bad_season(const char *name, kr_error *err) {
    return kr_fail(err, KR_USAGE,
                   "`seasons`: \"%s\" is none; write steps of 1 to %d, up to %d that rise with + "
                   "between them, as 24+168, or any",
                   name, KR_SIMULATED_SEASON_STEPS, KR_SIMULATED_SEASONS);
}

/* "24+168", "1", "any" */
static kr_status read_choice(const char *name, kr__season_choice *out, kr_error *err) {
    *out = (kr__season_choice){.is_any = strcmp(name, "any") == 0};
    for (const char *at = name; at && !out->is_any;) {
        char number[NAME_SIZE];
        int64_t steps, before = out->n > 0 ? out->steps[out->n - 1] : 0;
        size_t n = strcspn(at, "+");
        snprintf(number, sizeof number, "%.*s", (int)n, at);
        bool is_last = at[n] == '\0', is_only = is_last && out->n == 0;
        if (!kr__text_int(number, &steps) || steps < (is_only ? 1 : 2) || steps <= before ||
            steps > KR_SIMULATED_SEASON_STEPS || out->n == KR_SIMULATED_SEASONS) {
            return bad_season(name, err);
        }
        if (steps > 1) out->steps[out->n++] = steps;
        at = is_last ? NULL : at + n + 1;
    }
    return KR_OK;
}

static kr_status read_seasons(const char *text, kr__simulator *out, kr_error *err) {
    out->is_fitted = !text;
    for (const char *at = text ? text : default_seasons; *at;) {
        term t;
        KR_TRY(read_term(&at, "seasons", &t, err));
        if (out->n_choices == KR__SIMULATOR_SEASONS) {
            return kr_fail(err, KR_USAGE, "`seasons`: more than %d; leave some out",
                           KR__SIMULATOR_SEASONS);
        }
        KR_TRY(read_choice(t.name, &out->choices[out->n_choices], err));
        out->choice_weights[out->n_choices++] = t.weight;
    }
    return check_weights("seasons", out->choice_weights, out->n_choices, err);
}

/* ---- all -------------------------------------------------------------------------------- */

kr_status kr__simulator_init(const kr_simulate_options *options, kr__simulator *out,
                             kr_error *err) {
    kr_simulate_options o;
    KR_TRY(kr__sized_take("kr_simulate_options", options, &o, sizeof o, err));
    if (!(o.noise >= 0 && o.noise <= 1e6)) {
        return kr_fail(err, KR_USAGE, "`noise`: a factor from 0 to 1e6");
    }
    if (!(o.gaps >= 0 && o.gaps <= 1)) return kr_fail(err, KR_USAGE, "`gaps`: a share from 0 to 1");
    if (!(o.mixed <= 1)) return kr_fail(err, KR_USAGE, "`mixed`: a share of at most 1");
    if (!(o.modified <= 1e6)) return kr_fail(err, KR_USAGE, "`modified`: a factor of at most 1e6");
    kr__simulator made = {.seed = o.seed,
                          .noise = o.noise > 0 ? o.noise : 1,
                          .gaps = o.gaps,
                          .mixed = o.mixed > 0   ? o.mixed
                                   : o.mixed < 0 ? 0
                                                 : 0.15,
                          .modified = o.modified > 0   ? o.modified
                                      : o.modified < 0 ? 0
                                                       : 1};
    KR_TRY(read_families(o.families, &made, err));
    KR_TRY(read_seasons(o.seasons, &made, err));
    *out = made;
    return KR_OK;
}
