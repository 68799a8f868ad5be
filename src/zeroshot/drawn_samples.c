/* SPDX-License-Identifier: MIT
 * drawn_samples.c - what is drawn for a sample: how long its past is, which seasons it is said to
 * have, which steps ahead are asked for. */
#include "zeroshot/drawn_samples.h"

#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/random.h"
#include "zeroshot/seasons.h"

enum { SHORTEST = 6, MOST_LEADS = 512 };

struct kr__zeroshot_hand {
    void *scratch;
    double *values;
    int64_t leads[MOST_LEADS];
};
typedef struct kr__zeroshot_hand hand;

/* ---- memory ------------------------------------------------------------------------------- */

static kr_status make_hand(const kr__zeroshot_drawing *d, hand **out, kr_error *err) {
    int64_t length = d->longest + KR__FARTHEST;
    hand *h = *out = kr__calloc(1, sizeof *h);
    if (h) h->scratch = kr__calloc(1, kr__simulator_scratch(length));
    if (h) h->values = kr__calloc((size_t)length, sizeof *h->values);
    if (h && h->scratch && h->values) return KR_OK;
    return kr_fail(err, KR_MEMORY, "out of memory for the simulated series");
}

static kr_status make_hands(kr__zeroshot_drawing *d, kr_error *err) {
    int64_t workers = kr_team_workers(d->batch.team);
    d->hands = kr__calloc((size_t)workers, sizeof(hand *));
    if (!d->hands) return kr_fail(err, KR_MEMORY, "out of memory for the simulated series");
    for (int64_t w = 0; w < workers; w++) KR_TRY(make_hand(d, &d->hands[w], err));
    return KR_OK;
}

kr_status kr__zeroshot_drawing_init(kr_team *team, const kr__zeroshot_config *config,
                                    const kr_simulate_options *options, int64_t longest,
                                    int64_t room, kr__zeroshot_drawing *out, kr_error *err) {
    *out = (kr__zeroshot_drawing){.seed = options->seed, .longest = longest};
    KR_TRY(kr__simulator_init(options, &out->simulator, err));
    KR_TRY(kr__zeroshot_batch_init(team, config, room, &out->batch, err));
    kr_status status = make_hands(out, err);
    if (status != KR_OK) kr__zeroshot_drawing_deinit(out);
    return status;
}

void kr__zeroshot_drawing_deinit(kr__zeroshot_drawing *d) {
    for (int64_t w = 0; d->hands && w < kr_team_workers(d->batch.team); w++) {
        if (!d->hands[w]) continue;
        kr_free(d->hands[w]->scratch);
        kr_free(d->hands[w]->values);
        kr_free(d->hands[w]);
    }
    kr_free(d->hands);
    kr__zeroshot_batch_deinit(&d->batch);
    memset(d, 0, sizeof *d);
}

/* ---- drawing ------------------------------------------------------------------------------ */

/* Steps ahead that somebody would ask for where the season is m and n values are known. */
static int64_t usual_horizon(int64_t m, int64_t n) {
    enum { FEW = 14 };
    if (m == 1) return n < 64 ? FEW : KR__FARTHEST;
    return m >= 24 ? KR__FARTHEST : 3 * m < FEW ? FEW : 3 * m;
}

/* The seasons that the model is told: those of the series, mostly. People take a monthly series for
 * a seasonal one, or do not know. */
static void tell_seasons(kr_rng *rng, const kr_simulated *what, int64_t season[2]) {
    static const int64_t usual[] = {4, 4, 12, 12, 12, 7, 24, 52};
    double u = kr__rng_uniform(rng);
    int64_t n = what->n_seasons;
    season[0] = n > 0 ? what->seasons[0] : 1;
    season[1] = n > 1 && u < .9 ? what->seasons[n - 1] : season[0];
    if (n == 0 && u < .35) season[0] = season[1] = usual[kr__rng_below(rng, 8)];
    if (n > 0 && u < .04) season[0] = season[1] = 1;
    if (season[0] > KR__LONGEST_SEASON) season[0] = season[1] = 1;
    if (season[1] > KR__LONGEST_SEASON) season[1] = season[0];
}

/* n_steps of the steps 1 .. horizon, one of each of as many parts of it; of fewer, all and some
 * again. */
static void choose_leads(kr_rng *rng, int64_t horizon, int64_t n, int64_t *leads) {
    double part = (double)horizon / (double)n;
    for (int64_t k = 0; k < n; k++) {
        double u = kr__rng_uniform(rng);
        if (part > 1) {
            leads[k] = 1 + (int64_t)(part * ((double)k + u));
        } else {
            leads[k] = 1 + (k < horizon ? k : (int64_t)(u * (double)horizon));
        }
    }
}

static int64_t draw_length(kr_rng *rng, int64_t longest) {
    double u = kr__rng_uniform(rng), ratio = (double)longest / SHORTEST;
    return (int64_t)(SHORTEST * pow(ratio, u));
}

/* Of so many values, the steps that forecasts reach at most. */
static int64_t reach_of(int64_t n) {
    return n >= KR__FARTHEST ? KR__FARTHEST : n >= 48 ? 48 : n < 24 ? n : 24;
}

static void simulate(const kr__zeroshot_drawing *d, uint64_t number, hand *h, kr_rng *rng,
                     kr__zeroshot_series *out) {
    kr_simulated what = {.n_seasons = 0};
    out->values = h->values;
    kr__simulator_draw(&d->simulator, number, out->n_past + out->n_ahead, h->scratch, h->values,
                       &what);
    tell_seasons(rng, &what, out->season);
}

/* A window of an own series, in the form in which a forecast would compute with it. */
static void cut(const kr__zeroshot_drawing *d, const kr__own_one *own, hand *h, kr_rng *rng,
                kr__zeroshot_series *out) {
    kr__past_form form;
    kr__own_window(own, rng, d->is_held, out->n_past, out->n_ahead, out);
    int64_t n = out->n_past + out->n_ahead;
    memcpy(h->values, out->values, (size_t)n * sizeof *h->values);
    kr__past_prepare(h->values, out->n_past, n, out->season[0], &form);
    out->values = h->values;
}

static void draw_sample(void *arg, int64_t i, int worker) {
    const kr__zeroshot_drawing *d = arg;
    hand *h = d->hands[worker];
    uint64_t number = (uint64_t)(d->first + i);
    kr_rng rng = kr__rng_make(d->seed, KR_STREAM_ZEROSHOT, number);
    const kr__own_one *own = d->own ? kr__own_series_choose(d->own, &rng) : NULL;
    int64_t n = draw_length(&rng, d->longest);
    kr__zeroshot_series series = {.n_past = n, .n_ahead = reach_of(n), .leads = h->leads};
    if (own) {
        cut(d, own, h, &rng, &series);
    } else {
        simulate(d, number, h, &rng, &series);
    }
    kr__seasons_refine(series.values, series.n_past, series.season);
    int64_t usual = usual_horizon(series.season[0], series.n_past);
    choose_leads(&rng, usual < series.n_ahead ? usual : series.n_ahead, d->batch.config->n_steps,
                 h->leads);
    kr_real *in[KR__ZS_INPUTS];
    kr__zeroshot_batch_place(&d->batch, i, in);
    kr__zeroshot_sample(d->batch.config, &series, d->batch.guessers[worker], in, NULL, NULL);
}

void kr__zeroshot_draw(kr__zeroshot_drawing *d, int64_t first, int64_t n) {
    d->first = first;
    kr_team_for(d->batch.team, n, draw_sample, d);
}
