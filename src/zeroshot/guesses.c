/* SPDX-License-Identifier: MIT
 * guesses.c - what the filters expect, what is guessed beside them, and how far off each was. */
#include "zeroshot/guesses.h"

#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "kernels/kernels.h"

const int64_t kr__guess_leads[KR__GUESS_LEADS] = {1, 4, 12, 36};

enum {
    N_SEASONS = 2,
    HISTORY = 2 * KR__LONGEST_SEASON, /* a power of two */
    WAITING = 64                      /* guesses of a lead that wait for their value; the same */
};

#define FADING .8

/* Guesses beside the filters. */
enum {
    LAST = 26,
    LAST_SEASON,
    LAST_LONG_SEASON,
    DRIFT,
    LINE,
    MEAN,
    SLOW_THETA,
    THETA,
    QUICK_THETA,
    SEASON_AND_CHANGE,
    LAST_THETA,
    RECENT,
    RETURN,
    LONG_RETURN,
    LONG_SEASON_AND_LEVEL,
    TWO_SEASONS,
    GROWTH,
    WEIGHTED, /* of all before, by their errors */
    MIDDLE,   /* the median of the seven that were least far off */
    N_GUESSES
};
_Static_assert((int)LAST == (int)KR__FILTERS && (int)N_GUESSES == (int)KR__GUESSES &&
                   (int)WEIGHTED == (int)KR__GUESS_WEIGHTED,
               "every guess has a place");
_Static_assert((int)KR__GUESS_ROOM >= (int)KR__GUESSES, "kernels take all of them");

typedef struct waiting {
    int64_t due[WAITING]; /* the number of the value that is guessed; it is at due % WAITING */
    double guess[WAITING][KR__GUESS_ROOM];
} waiting;

/* A value by which others are measured: how far the last one was from it, and the means of the
 * square of that and of its product with the one before. */
typedef struct anchor {
    int filter;
    double rest, alone, together;
} anchor;

struct kr__guesser {
    int64_t season[N_SEASONS], n;
    kr__filters filters;
    double history[HISTORY]; /* value t is at t % HISTORY; missing ones are filled in */
    double sums[HISTORY];    /* of the values up to it, less the first */
    double first, last, least, most;
    bool has_logs; /* all values so far are above 0; then their logarithms: */
    double log_first, log_last, log_least, log_most;
    int64_t n_there, n_seasonal, n_steps;
    double seasonal, step, change, surprise; /* change: mean of differences a season apart */
    double sum, sum_t, sum_tt, sum_ty;       /* of value less first, t from 0 */
    anchor anchors[N_SEASONS];
    waiting waiting[KR__GUESS_LEADS];
    double error[KR__ERROR_SPANS][KR__GUESS_LEADS][KR__GUESS_ROOM];
    int64_t n_errors[KR__GUESS_LEADS];
    kr__guess_best best[KR__GUESS_LEADS];
    double fading[KR__FILTER_STEPS + 1]; /* powers of FADING */
    const kr_kernels *kernels;
};

kr_status kr__guesser_create(kr__guesser **out, kr_error *err) {
    *out = kr__calloc(1, sizeof **out);
    if (!*out) return kr_fail(err, KR_MEMORY, "out of memory");
    kr__filters_init(&(*out)->filters);
    for (int k = 0; k <= KR__FILTER_STEPS; k++) (*out)->fading[k] = pow(FADING, k);
    return KR_OK;
}

void kr__guesser_destroy(kr__guesser *guesser) { kr_free(guesser); }

void kr__guesser_begin(kr__guesser *g, const int64_t season[N_SEASONS]) {
    kr__filters_begin(&g->filters, season);
    for (int i = 0; i < N_SEASONS; i++) g->season[i] = season[i];
    memset(g->error, 0, sizeof g->error);
    memset(g->n_errors, 0, sizeof g->n_errors);
    memset(g->best, 0, sizeof g->best);
    g->kernels = kr__kernels();
    for (int l = 0; l < KR__GUESS_LEADS; l++)
        memset(g->waiting[l].due, 0, sizeof g->waiting[l].due);
    g->anchors[0] = (anchor){.filter = KR__FILTER_SLOW};
    g->anchors[1] = (anchor){.filter = KR__FILTER_LONG};
    g->n = g->n_there = g->n_seasonal = g->n_steps = 0;
    g->first = g->last = g->least = g->most = 0;
    g->log_first = g->log_last = g->log_least = g->log_most = 0;
    g->seasonal = g->step = g->change = g->surprise = 0;
    g->sum = g->sum_t = g->sum_tt = g->sum_ty = 0;
    g->has_logs = true;
}

static double at(const kr__guesser *g, int64_t t) { return g->history[t & (HISTORY - 1)]; }

double kr__guesser_before(const kr__guesser *g, int64_t steps) {
    int64_t t = g->n - 1 - steps;
    return t < 0 || steps >= HISTORY ? (double)NAN : at(g, t);
}

/* ---- guessing beside the filters ----------------------------------------------------------- */

/* The logarithm of a value within reach of what was seen. */
static double within_reach(const kr__guesser *g, double y) {
    double low = g->log_least - 2, high = g->log_most + 2;
    return y < low ? low : y > high ? high : y;
}

/* The value of the line through all values at t, and its slope. */
static double line(const kr__guesser *g, double t, double *slope) {
    double n = (double)g->n_there, mean_t = g->sum_t / n, spread = g->sum_tt - g->sum_t * mean_t;
    *slope = spread > 0 ? (g->sum_ty - mean_t * g->sum) / spread : 0;
    return g->first + g->sum / n + *slope * (t - mean_t);
}

/* The value of the latest season, or of one `earlier`, at the place of lead steps ahead. */
static double last_season(const kr__guesser *g, int64_t season, int64_t lead, int64_t earlier) {
    int64_t back = ((lead + season - 1) / season + earlier) * season - lead; /* before the last */
    if (season == 1 || g->n < season) return g->last;
    return g->n > back ? at(g, g->n - 1 - back) : at(g, g->n - 1 - back + earlier * season);
}

/* The growth from the first value to the last goes on. */
static double grow(const kr__guesser *g, double steps) {
    double growth = (g->log_last - g->log_first) / (double)(g->n - 1);
    return exp(within_reach(g, g->log_last + steps * growth));
}

/* The mean of the last differences, of which each step repeats less: .8 + .8^2 + .. of it. */
static double go_on(const kr__guesser *g, int64_t steps) {
    int64_t n = g->n - 1 < 4 ? g->n - 1 : 4;
    if (n < 1) return 0;
    double mean = (at(g, g->n - 1) - at(g, g->n - 1 - n)) / (double)n;
    double left = steps <= KR__FILTER_STEPS ? g->fading[steps] : pow(FADING, (double)steps);
    return mean * 4 * (1 - left);
}

/* What is left of the last rest after so many steps: as much as it was found to be after one. */
static double rest_after(const anchor *a, double steps) {
    double share = a->together > 0 && a->alone > 0 ? a->together / a->alone : 0;
    if (share > .98) share = .98;
    return a->rest * (steps == 1 ? share : pow(share, steps));
}

/* The sum of the m values up to t. */
static double sum_of(const kr__guesser *g, int64_t t, int64_t m) {
    return g->sums[t & (HISTORY - 1)] - (t >= m ? g->sums[(t - m) & (HISTORY - 1)] : 0);
}

/* The mean of the last short season, less that of the one a long season before. */
static double level_change(const kr__guesser *g) {
    int64_t m = g->season[0], longest = g->season[1];
    if (longest <= m || g->n < longest + m || longest + m >= HISTORY) return 0;
    return (sum_of(g, g->n - 1, m) - sum_of(g, g->n - 1 - longest, m)) / (double)m;
}

static void guess_beside(const kr__guesser *g, int64_t lead, double *guess) {
    double slope, t = (double)(g->n - 1 + lead), steps = (double)lead;
    guess[LAST] = g->last;
    guess[LAST_SEASON] = last_season(g, g->season[0], lead, 0);
    guess[LAST_LONG_SEASON] =
        g->n >= g->season[1] ? last_season(g, g->season[1], lead, 0) : guess[LAST_SEASON];
    guess[DRIFT] = g->n > 1 ? g->last + steps * (g->last - g->first) / (double)(g->n - 1) : g->last;
    guess[LINE] = line(g, t, &slope);
    guess[MEAN] = g->first + g->sum / (double)g->n_there;
    guess[SLOW_THETA] = guess[KR__FILTER_SEASONAL] + slope / 2 * steps;
    guess[THETA] = guess[KR__FILTER_QUICK] + slope / 2 * steps;
    guess[QUICK_THETA] = guess[KR__FILTER_QUICKER] + slope / 2 * steps;
    double seasons = (double)((lead + g->season[0] - 1) / g->season[0]);
    guess[SEASON_AND_CHANGE] = guess[LAST_SEASON] + seasons * g->change;
    guess[LAST_THETA] = g->last + slope / 2 * steps;
    guess[RECENT] = g->last + go_on(g, lead);
    guess[RETURN] = guess[KR__FILTER_SLOW] + rest_after(&g->anchors[0], steps);
    guess[LONG_RETURN] = guess[KR__FILTER_LONG] + rest_after(&g->anchors[1], steps);
    guess[LONG_SEASON_AND_LEVEL] = guess[LAST_LONG_SEASON] + level_change(g);
    guess[TWO_SEASONS] = (guess[LAST_SEASON] + last_season(g, g->season[0], lead, 1)) / 2;
    guess[GROWTH] = g->has_logs && g->n > 1 ? grow(g, steps) : guess[DRIFT];
}

/* ---- errors -------------------------------------------------------------------------------- */

/* How far between two leads that are kept, by their logarithms. */
static double between_leads(int i, int64_t lead) {
    double low = log((double)kr__guess_leads[i]), high = log((double)kr__guess_leads[i + 1]);
    return (log((double)lead) - low) / (high - low);
}

/* The last lead up to this one of which errors are known; the first, if none are. */
static int known_lead(const kr__guesser *g, int64_t lead) {
    int i = 0;
    while (i + 1 < KR__GUESS_LEADS && kr__guess_leads[i + 1] <= lead && g->n_errors[i + 1] > 0) i++;
    return i;
}

/* With what there is room for. */
static void find_errors(const kr__guesser *g, kr__error_span span, int64_t lead,
                        double error[KR__GUESS_ROOM]) {
    int i = known_lead(g, lead);
    bool is_between =
        i + 1 < KR__GUESS_LEADS && g->n_errors[i + 1] > 0 && kr__guess_leads[i] < lead;
    const double *a = g->error[span][i], *b = g->error[span][is_between ? i + 1 : i];
    double share = is_between ? between_leads(i, lead) : 0;
    for (int k = 0; k < KR__GUESS_ROOM; k++) error[k] = a[k] + share * (b[k] - a[k]);
}

void kr__guesser_errors(const kr__guesser *g, kr__error_span span, int64_t lead,
                        double error[KR__GUESSES]) {
    double all[KR__GUESS_ROOM];
    find_errors(g, span, lead, all);
    memcpy(error, all, KR__GUESSES * sizeof *error);
}

/* ---- guesses of guesses -------------------------------------------------------------------- */

static void guess_all(const kr__guesser *g, int64_t lead, kr__guess_best *best, double *guess) {
    double error[KR__GUESS_ROOM];
    kr__filters_expect(&g->filters, lead, guess);
    for (int i = KR__FILTERS - KR__LOG_FILTERS; i < KR__FILTERS; i++) {
        guess[i] = g->has_logs ? exp(within_reach(g, guess[i])) : guess[kr__filters_plain(i)];
    }
    guess_beside(g, lead, guess);
    find_errors(g, KR__ERROR_LONG, lead, error);
    for (int i = WEIGHTED; i < KR__GUESS_ROOM; i++) error[i] = (double)INFINITY;
    g->kernels->guess_choice(WEIGHTED, guess, error, best, &guess[WEIGHTED], &guess[MIDDLE]);
}

void kr__guesser_guess(const kr__guesser *g, int64_t lead, double guess[KR__GUESSES]) {
    kr__guess_best best = g->best[known_lead(g, lead)];
    guess_all(g, lead, &best, guess);
}

/* ---- learning from a value ----------------------------------------------------------------- */

static double larger(double a, double b) { return a > b ? a : b; }

/* Every value of a short series is guessed at each lead, of a long one some are. */
static int64_t stride_of(int l, int64_t n) {
    static const int64_t strides[KR__GUESS_LEADS] = {1, 2, 4, 8};
    return n < WAITING ? 1 : strides[l];
}

static void take_errors(kr__guesser *g, double value) {
    for (int l = 0; l < KR__GUESS_LEADS; l++) {
        const waiting *q = &g->waiting[l];
        int at = (int)(g->n % WAITING);
        if (q->due[at] != g->n) continue;
        double n = (double)++g->n_errors[l], stride = (double)stride_of(l, g->n);
        for (int s = 0; s < KR__ERROR_SPANS; s++) {
            double least = (s == KR__ERROR_LONG ? .006 : .04) * stride;
            g->kernels->guess_errors(larger(1 / n, least), value, q->guess[at], g->error[s][l]);
        }
    }
}

static void make_guesses(kr__guesser *g) {
    for (int l = 0; l < KR__GUESS_LEADS; l++) {
        int64_t due = g->n - 1 + kr__guess_leads[l];
        if (g->n < 2 || g->n % stride_of(l, g->n) != 0) continue;
        g->waiting[l].due[due % WAITING] = due;
        guess_all(g, kr__guess_leads[l], &g->best[l], g->waiting[l].guess[due % WAITING]);
    }
}

/* A whole season is known, or two: what was guessed before tells little of what comes. */
static void look_at_season(kr__guesser *g) {
    for (int i = 0; i < N_SEASONS; i++) {
        int64_t m = g->season[i];
        if (m == 1 || (i == 1 && m == g->season[0]) || (g->n != m && g->n != 2 * m)) continue;
        kr__filters_begin_season(&g->filters, i, g->history, g->has_logs);
        for (int l = 0; l < KR__GUESS_LEADS; l++) {
            if (g->n_errors[l] > 3) g->n_errors[l] = 3;
        }
    }
}

static void take_distances(kr__guesser *g, double value) {
    int64_t m = g->season[0];
    if (g->n_there > 0) {
        double n = (double)++g->n_steps;
        g->step += (fabs(value - g->last) - g->step) / n;
    }
    if (g->n >= m && m > 1) {
        double n = (double)++g->n_seasonal, d = value - at(g, g->n - m);
        g->seasonal += (fabs(d) - g->seasonal) / n;
        g->change += (d - g->change) * larger(1 / n, .5 / (double)m);
    }
}

static void take_line(kr__guesser *g, double value) {
    double t = (double)g->n, y = value - g->first;
    g->sum += y;
    g->sum_t += t;
    g->sum_tt += t * t;
    g->sum_ty += t * y;
}

static void take_range(kr__guesser *g, double value) {
    if (value < g->least) g->least = value;
    if (value > g->most) g->most = value;
    if (value <= 0) g->has_logs = false;
    if (!g->has_logs) return;
    g->log_last = log(value);
    if (g->log_last < g->log_least) g->log_least = g->log_last;
    if (g->log_last > g->log_most) g->log_most = g->log_last;
}

static void begin_values(kr__guesser *g, double value) {
    g->first = g->least = g->most = value;
    g->log_first = g->log_least = g->log_most = value > 0 ? log(value) : 0;
}

static void take_rests(kr__guesser *g) {
    int64_t t = g->n - 1;
    double rate = larger(1 / (double)g->n, .02);
    for (int i = 0; i < N_SEASONS; i++) {
        anchor *a = &g->anchors[i];
        double rest = kr__filters_rest(&g->filters, a->filter, t, at(g, t));
        a->together += rate * (rest * a->rest - a->together);
        a->alone += rate * (rest * rest - a->alone);
        a->rest = rest;
    }
}

/* A value, or what stands for a missing one, at its place. */
static void keep(kr__guesser *g, double value) {
    double before = g->n > 0 ? g->sums[(g->n - 1) & (HISTORY - 1)] : 0;
    g->history[g->n & (HISTORY - 1)] = value;
    g->sums[g->n & (HISTORY - 1)] = before + (value - g->first);
}

static void take_there(kr__guesser *g, double value) {
    if (g->n_there == 0) {
        begin_values(g, value);
    } else {
        g->surprise = value - kr__filters_expect_one(&g->filters, KR__FILTER_SEASONAL, 1);
        take_errors(g, value);
    }
    take_range(g, value);
    take_distances(g, value);
    take_line(g, value);
    keep(g, value);
    g->last = value;
    g->n_there++;
}

void kr__guesser_push(kr__guesser *g, double value) {
    bool is_there = isfinite(value);
    if (!is_there && g->n_there == 0) return; /* nothing is known yet */
    if (is_there) {
        take_there(g, value);
    } else {
        double filled = kr__filters_expect_one(&g->filters, KR__FILTER_SEASONAL, 1);
        keep(g, g->has_logs && !(filled > 0) ? g->last : filled);
    }
    kr__filters_take(&g->filters, value, g->log_last, is_there);
    g->n++;
    take_rests(g);
    look_at_season(g);
    make_guesses(g);
}

kr__guesser_view kr__guesser_look(const kr__guesser *g) {
    return (kr__guesser_view){.n = g->n,
                              .season = {g->season[0], g->season[1]},
                              .last = g->last,
                              .seasonal = g->n_seasonal > 0 ? g->seasonal : 0,
                              .step = g->step,
                              .surprise = g->surprise,
                              .least = g->least,
                              .most = g->most};
}
