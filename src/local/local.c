/* SPDX-License-Identifier: MIT
 * local.c - the list of statistical models, and many series at once. */
#include "local/local.h"

#include <math.h>
#include <stdatomic.h>
#include <strings.h>

#include "core/scale.h"

#define KR_LOCAL_MODEL(model) extern const kr__local_model model;
#include "local/local_models.inc"
#undef KR_LOCAL_MODEL

const kr__local_model *const kr__local_models[] = {
#define KR_LOCAL_MODEL(model) &model,
#include "local/local_models.inc"
#undef KR_LOCAL_MODEL
    NULL};

const kr__local_model *kr__local_find(const char *name) {
    for (const kr__local_model *const *m = kr__local_models; *m; m++) {
        if (strcasecmp((*m)->name, name) == 0) return *m;
    }
    return NULL;
}

kr__local_series kr__local_end(const kr__local_series *series, int64_t most) {
    int64_t n_skipped = series->n > most ? series->n - most : 0;
    kr__local_series end = *series;
    end.values += n_skipped;
    end.n -= n_skipped;
    if (end.is_filled) end.is_filled += n_skipped * end.stride;
    return end;
}

/* ---- many series ------------------------------------------------------------------------ */

typedef struct panel {
    kr_team *team;
    const kr__local_model *model;
    const kr__local_series *series;
    kr__local_forecast *out;
    atomic_bool lacks_memory;
} panel;

/* Of a model that tells none: that of a random walk of whole seasons, as wide as its steps are. */
static void complete_spread(const kr__local_series *s, kr__local_forecast *out) {
    int64_t season = s->n_seasons > 0 && s->n > s->seasons[0] ? s->seasons[0] : 1;
    double sum = 0;
    if (!isnan(out->spread[0])) return;
    for (int64_t t = season; t < s->n; t++) sum += fabs(s->values[t] - s->values[t - season]);
    double step = s->n > season ? sum / (double)(s->n - season) : 0;
    for (int64_t k = 0; k < out->horizon; k++) {
        int64_t n_seasons = k / season + 1;
        out->spread[k] = step * sqrt((double)n_seasons);
    }
}

/* Mean absolute change from one season to the next, of the last n. */
static double mean_change(const kr__local_series *s, int64_t season, int64_t n) {
    double sum = 0;
    for (int64_t t = s->n - n; t < s->n; t++) sum += fabs(s->values[t] - s->values[t - season]);
    return sum / (double)n;
}

/* Models take all values of a series for equally wild. Errors are large where the last ones were,
 * so that the spread follows these half the way, the more of them there are. */
static void follow_the_last(const kr__local_series *s, kr__local_forecast *out) {
    const double usual = 8; /* as many changes of the usual size are added to the last ones */
    int64_t season = s->n_seasons > 0 && s->n > 2 * s->seasons[0] ? s->seasons[0] : 1;
    int64_t n = s->n - season;
    int64_t wanted = 2 * season > 3 * out->horizon ? 2 * season : 3 * out->horizon;
    int64_t n_last = wanted < n / 4 ? wanted : n / 4;
    if (n_last < 1) return;
    double all = mean_change(s, season, n), last = mean_change(s, season, n_last);
    if (!(all > 0) || isinf(all)) return;
    double ratio = ((double)n_last * last / all + usual) / ((double)n_last + usual);
    for (int64_t k = 0; k < out->horizon; k++) out->spread[k] *= sqrt(ratio);
}

/* Models square values, which neither 1e200 nor 1e-200 survives: such a series is forecast in
 * another unit, by which nothing is rounded. */
static double scale_of(const kr__local_series *s) {
    double most = 0;
    for (int64_t t = 0; t < s->n; t++) most = fmax(most, fabs(s->values[t]));
    return kr__scale_for(most);
}

static kr_status forecast_scaled(const kr__local_model *model, const kr__local_series *s,
                                 double scale, kr_arena *arena, kr__local_forecast *out) {
    double *values = kr__arena_alloc(arena, (size_t)s->n, sizeof *values);
    kr__local_series scaled = *s;
    if (!values) return KR_MEMORY;
    for (int64_t t = 0; t < s->n; t++) values[t] = s->values[t] * scale;
    scaled.values = values;
    KR_TRY(model->forecast(&scaled, arena, out, NULL));
    for (int64_t k = 0; k < out->horizon; k++) {
        out->mean[k] /= scale;
        out->spread[k] /= scale;
    }
    out->aicc -= 2 * (double)s->n * log(scale); /* n log of mean squared errors */
    return KR_OK;
}

static void forecast_one(void *arg, int64_t piece, int worker) {
    panel *p = arg;
    kr_arena arena = {NULL};
    (void)worker;
    if (kr_team_is_stopping(p->team) || atomic_load(&p->lacks_memory)) return;
    const kr__local_series series = kr__local_end(&p->series[piece], KR__LOCAL_MOST);
    double scale = scale_of(&series);
    kr_status status = scale == 1
                           ? p->model->forecast(&series, &arena, &p->out[piece], NULL)
                           : forecast_scaled(p->model, &series, scale, &arena, &p->out[piece]);
    if (status == KR_MEMORY) atomic_store(&p->lacks_memory, true);
    for (int64_t k = 0; k < p->out[piece].horizon && status != KR_OK; k++) {
        p->out[piece].mean[k] = (double)NAN;
    }
    if (status == KR_OK) {
        complete_spread(&series, &p->out[piece]);
        follow_the_last(&series, &p->out[piece]);
    }
    kr__arena_deinit(&arena);
}

kr_status kr__local_forecast_all(kr_team *team, const kr__local_model *model, kr_zeroshot *opened,
                                 const kr__local_series *series, kr__local_forecast *out, int64_t n,
                                 kr_error *err) {
    if (model->forecast_all) return model->forecast_all(team, opened, series, out, n, err);
    panel p = {.team = team, .model = model, .series = series, .out = out};
    kr_team_for(team, n, forecast_one, &p);
    if (kr_team_is_stopping(team)) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
    if (atomic_load(&p.lacks_memory)) {
        return kr_fail(err, KR_MEMORY, "no memory for the model %s", model->name);
    }
    return KR_OK;
}
