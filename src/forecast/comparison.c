/* SPDX-License-Identifier: MIT
 * comparison.c - the grid of `krait bench`, the timing of a case, and what two rows of times
 * tell. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "core/text.h"
#include "forecast/comparison.h"
#include "forecast/forecast_config.h"
#include "nn/model.h"

#define KR_FLAG_OWNER kr_comparison_config
#define KR_FLAG_NAME "comparison"
#define KR_FLAG_LIST "forecast/comparison_flags.inc"
#define KR_FLAG_DECIDES (KR_FLAG_COPY | KR_FLAG_NOTE)
#include "core/flag_table.inc"

const kr_flag_table *kr__comparison_flags(void) { return &table; }

kr_status kr__comparison_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

/* ---- lists ------------------------------------------------------------------------------ */

enum { MOST_ITEMS = 64, ITEM_SIZE = 32 };

typedef struct list {
    const char *name;
    char items[MOST_ITEMS][ITEM_SIZE];
    int n;
} list;

static bool has_item(const list *l, const char *item) {
    for (int i = 0; i < l->n; i++) {
        if (strcmp(l->items[i], item) == 0) return true;
    }
    return false;
}

static kr_status add_item(list *l, const char *from, size_t n, kr_error *err) {
    char *item = l->items[l->n];
    if (n == 0) {
        return kr_fail(err, KR_USAGE,
                       "`%s`: a value is missing between the commas; write it as a,b", l->name);
    }
    if (n >= ITEM_SIZE) {
        return kr_fail(err, KR_USAGE, "`%s`: \"%.40s\" is not a value; put commas between values",
                       l->name, from);
    }
    char text[ITEM_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)n, from);
    if (has_item(l, text)) {
        return kr_fail(err, KR_USAGE, "`%s`: %s is named twice; name it once", l->name, text);
    }
    if (l->n == MOST_ITEMS) {
        return kr_fail(err, KR_USAGE, "`%s`: at most %d values; name fewer", l->name, MOST_ITEMS);
    }
    memcpy(item, text, sizeof text);
    l->n++;
    return KR_OK;
}

static kr_status split(const char *name, const char *text, list *l, kr_error *err) {
    *l = (list){.name = name};
    for (;;) {
        size_t n = strcspn(text, ",");
        KR_TRY(add_item(l, text, n, err));
        if (text[n] == '\0') return KR_OK;
        text += n + 1;
    }
}

/* ---- the grid --------------------------------------------------------------------------- */

typedef struct grid {
    list models, seq_lens, batch_sizes, d_states;
} grid;

static kr_status check_model(const char *name, kr_error *err) {
    char choices[KR_FLAG_TEXT];
    snprintf(choices, sizeof choices, "%s", KR_MODELS_IN_BENCH);
    for (char *c = choices; *c; c++) {
        if (*c == ',') *c = '|';
    }
    return kr__text_check_choice("models", name, choices, err);
}

static bool has_state(const char *model) { return kr__model_uses(model, "d_state"); }

static kr_status read_grid(const kr_comparison_config *c, grid *g, kr_error *err) {
    KR_TRY(split("models", c->models, &g->models, err));
    KR_TRY(split("seq_len", c->seq_len, &g->seq_lens, err));
    KR_TRY(split("batch_size", c->batch_size, &g->batch_sizes, err));
    KR_TRY(split("d_state", c->d_state, &g->d_states, err));
    for (int i = 0; i < g->models.n; i++) {
        KR_TRY(check_model(g->models.items[i], err));
    }
    return KR_OK;
}

/* What all cases share. */
static kr_status set_common(const kr_comparison_config *c, kr_forecast_config *run, kr_error *err) {
    char text[KR_FLAG_TEXT];
    kr__forecast_config_init(run);
    for (int i = 0; i < table.count; i++) {
        const kr_flag *flag = &table.flags[i];
        if (!(flag->traits & KR_SETTING_COPIED)) continue;
        /* These have no meaning with --train_epochs 0. */
        if (strcmp(flag->name, "train_epochs") == 0 && c->train_epochs == 0) continue;
        kr__flag_get(flag, c, text, sizeof text);
        KR_TRY(kr__forecast_config_set(run, flag->name, text, err));
    }
    return KR_OK;
}

/* In the checkpoint's folder name only the label can hold the batch and the state. */
static kr_status set_case(const char *model, const char *seq_len, const char *batch_size,
                          const char *d_state, kr_comparison_case *c, kr_error *err) {
    kr_forecast_config *run = &c->config;
    KR_TRY(kr__forecast_config_set(run, "model", model, err));
    KR_TRY(kr__forecast_config_set(run, "seq_len", seq_len, err));
    KR_TRY(kr__forecast_config_set(run, "batch_size", batch_size, err));
    KR_TRY(kr__forecast_config_set(run, "d_state", d_state, err));
    c->has_state = has_state(model);
    snprintf(run->model_id, sizeof run->model_id, "bench_bs%s", batch_size);
    if (c->has_state) {
        snprintf(run->model_id, sizeof run->model_id, "bench_bs%s_ds%s", batch_size, d_state);
    }
    return kr__forecast_config_check(run, err);
}

/* The states of one model, length and batch. */
static kr_status add_states(const grid *g, const char *model, const char *seq_len,
                            const char *batch_size, const kr_comparison_case *common,
                            kr_comparison_case *cases, int64_t *n, kr_error *err) {
    int n_states = has_state(model) ? g->d_states.n : 1;
    for (int s = 0; s < n_states; s++) {
        cases[*n] = *common;
        KR_TRY(set_case(model, seq_len, batch_size, g->d_states.items[s], &cases[*n], err));
        (*n)++;
    }
    return KR_OK;
}

static kr_status add_cases(const grid *g, const kr_comparison_case *common,
                           kr_comparison_case *cases, int64_t *n, kr_error *err) {
    for (int l = 0; l < g->seq_lens.n; l++) {
        for (int b = 0; b < g->batch_sizes.n; b++) {
            for (int m = 0; m < g->models.n; m++) {
                KR_TRY(add_states(g, g->models.items[m], g->seq_lens.items[l],
                                  g->batch_sizes.items[b], common, cases, n, err));
            }
        }
    }
    return KR_OK;
}

kr_status kr__comparison_cases(const kr_comparison_config *config, kr_comparison_case **cases,
                               int64_t *n_cases, kr_error *err) {
    grid *g = kr__calloc(1, sizeof *g);
    kr_comparison_case *common = kr__calloc(1, sizeof *common), *all = NULL;
    int64_t n = 0;
    kr_status status = KR_MEMORY;
    if (g && common) status = read_grid(config, g, err);
    if (status == KR_OK) status = set_common(config, &common->config, err);
    if (status == KR_OK) {
        size_t most = (size_t)g->models.n * (size_t)g->seq_lens.n * (size_t)g->batch_sizes.n;
        all = kr__calloc(most * (size_t)g->d_states.n, sizeof *all);
        status = all ? add_cases(g, common, all, &n, err) : KR_MEMORY;
    }
    if (status == KR_MEMORY) kr_fail(err, KR_MEMORY, "out of memory for the cases");
    kr_free(g);
    kr_free(common);
    if (status != KR_OK) {
        kr_free(all);
        return status;
    }
    *cases = all;
    *n_cases = n;
    return KR_OK;
}

int64_t kr__comparison_tokens(const kr_comparison_case *c) {
    return c->config.seq_len / c->config.patch_len;
}

/* ---- a case ----------------------------------------------------------------------------- */

/* Counts the repeats of training and of inference in one go. */
typedef struct counter {
    void (*tell)(void *arg, int64_t n_done);
    void *arg;
    int64_t before;
} counter;

static void count(void *arg, int64_t n_done) {
    const counter *c = arg;
    if (c->tell) c->tell(c->arg, c->before + n_done);
}

kr_status kr__comparison_time(kr_team *team, const kr_comparison_config *config,
                              const kr_comparison_case *c, void (*tell)(void *arg, int64_t n_done),
                              void *arg, kr_case_times *times, kr_error *err) {
    double *ms = kr__calloc((size_t)config->measurements, sizeof *ms);
    counter progress = {tell, arg, 0};
    kr_forecast_times training, inference;
    kr_forecast_timing timing = {.config = &c->config,
                                 .warmup = 1,
                                 .repeats = config->measurements,
                                 .steps = config->steps,
                                 .tell = count,
                                 .arg = &progress};
    if (!ms) return kr_fail(err, KR_MEMORY, "out of memory for the times");
    kr_status status = kr__forecast_time(team, &timing, ms, &training, err);
    if (status == KR_OK) {
        times->train = kr__spread_of(ms, config->measurements);
        times->n_parameters = training.n_parameters;
        times->steps = training.steps;
        timing.is_inference = true;
        progress.before = config->measurements;
        status = kr__forecast_time(team, &timing, ms, &inference, err);
    }
    if (status == KR_OK) times->inference = kr__spread_of(ms, config->measurements);
    kr_free(ms);
    return status;
}

/* ---- what the times say ----------------------------------------------------------------- */

kr_crossing kr__comparison_crossing(const double *tokens, const double *a, const double *b,
                                    int64_t n) {
    int64_t i = n; /* b is faster from here on */
    while (i > 0 && b[i - 1] < a[i - 1]) i--;
    if (i == n) return (kr_crossing){.kind = KR_CROSSING_NEVER};
    if (i == 0) return (kr_crossing){.kind = KR_CROSSING_ALWAYS};
    double before = log(b[i - 1] / a[i - 1]), behind = log(b[i] / a[i]);
    double share = before / (before - behind);
    double at = log(tokens[i - 1]) + share * log(tokens[i] / tokens[i - 1]);
    return (kr_crossing){KR_CROSSING_AT, exp(at)};
}

kr_power_law kr__power_law_fit(const double *x, const double *y, int64_t n) {
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for (int64_t i = 0; i < n; i++) {
        mean_x += log(x[i]) / (double)n;
        mean_y += log(y[i]) / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        double dx = log(x[i]) - mean_x;
        xx += dx * dx;
        xy += dx * (log(y[i]) - mean_y);
    }
    double slope = xy / xx;
    return (kr_power_law){exp(mean_y - slope * mean_x), slope};
}
