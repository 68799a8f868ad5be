/* SPDX-License-Identifier: MIT
 * guesses.c - the filters, and what is guessed beside them.
 *
 * A filter, for y = x or log x:
 *
 *     r = y - (l + phi b + s[t] + w[t])       l' = l + phi b + alpha r     b' = phi b + beta r
 *     s'[t] = s[t] + gamma r                  w'[t] = w[t] + omega r
 *
 * Rates are at least those of a mean, 1 / (values or visits so far). When two whole seasons are
 * known, filters that use them begin again from a classical decomposition of these. */
#include "zeroshot/guesses.h"

#include <math.h>
#include <string.h>

#include "core/arena.h"

const int64_t kr__guess_leads[KR__GUESS_LEADS] = {1, 4, 12, 36};

enum {
    N_SEASONS = 2,
    HISTORY = 2 * KR__LONGEST_SEASON, /* a power of two */
    WAITING = 64,                     /* guesses of a lead that wait for their value; the same */
    STEPS = 96                        /* leads whose damped steps are kept */
};

typedef struct filter {
    double alpha, beta, phi, gamma, omega;
    bool is_log;
    int plain; /* of a logarithm: the filter that stands for it where values are not above 0 */
} filter;

static const filter filters[KR__FILTERS] = {
    {.1, 0, 1, 0, 0, false, 0},       {.3, 0, 1, 0, 0, false, 0},
    {.6, 0, 1, 0, 0, false, 0},       {.3, .03, .97, 0, 0, false, 0},
    {.7, .2, .9, 0, 0, false, 0},     {.9, .05, 1, 0, 0, false, 0},
    {.2, .02, 1, 0, 0, false, 0},     {.05, 0, 1, .1, 0, false, 0},
    {.2, 0, 1, .1, 0, false, 0},      {.5, 0, 1, .15, 0, false, 0},
    {.8, 0, 1, .1, 0, false, 0},      {.3, .03, .97, .1, 0, false, 0},
    {.05, .005, 1, .05, 0, false, 0}, {.02, 0, 1, .4, 0, false, 0},
    {.2, 0, 1, .1, 0, true, 8},       {.5, 0, 1, .1, 0, true, 9},
    {.3, .03, .97, .1, 0, true, 11},  {.05, .005, 1, .05, 0, true, 12},
    {.05, 0, 1, .1, .1, false, 0},    {.2, 0, 1, .1, .1, false, 0},
    {.5, 0, 1, .05, .2, false, 0},    {.2, 0, 1, .1, .1, true, 19},
    {.9, .1, .9, 0, 0, false, 0},     {.6, .1, .85, 0, 0, false, 0},
    {.9, .05, 1, 0, 0, true, 5},      {.7, .2, .95, 0, 0, true, 4},
};
enum {
    SLOW = 7,
    SEASONAL = 8,
    QUICK = 9,
    QUICKER = 10,
    LONG = 18
}; /* filters that others lean on */

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
_Static_assert((int)LAST == (int)KR__FILTERS && (int)N_GUESSES == (int)KR__GUESSES,
               "every guess has a place");

typedef struct waiting {
    int64_t due[WAITING]; /* the number of the value that is guessed; it is at due % WAITING */
    double guess[WAITING][KR__GUESSES];
} waiting;

struct kr__guesser {
    int64_t season[N_SEASONS], n;
    double level[KR__FILTERS], slope[KR__FILTERS];
    double s[KR__LONGEST_SEASON][KR__FILTERS], w[KR__LONGEST_SEASON][KR__FILTERS];
    int64_t visits[N_SEASONS]; /* seasons that the parts of s and w have seen */
    double history[HISTORY];   /* value t is at t % HISTORY */
    double last, least, most;
    double first;
    int64_t n_there, n_seasonal, n_steps;
    double seasonal, step, change, surprise; /* change: mean of differences a season apart */
    double sum, sum_t, sum_tt, sum_ty;       /* of value less first, t from 0 */
    /* Of filters SLOW and LONG: how far the last value was from them, and the means of its square
     * and of its product with the one before. */
    double rest[2], alone[2], together[2];
    bool has_logs;
    double log_first, log_last, log_least, log_most;
    double damped[KR__FILTERS + 1][STEPS + 1]; /* 1 + phi + .. of so many terms */
    waiting waiting[KR__GUESS_LEADS];
    double error[KR__ERROR_SPANS][KR__GUESS_LEADS][KR__GUESSES];
    int64_t n_errors[KR__GUESS_LEADS];
};

enum { RECENT_PHI = KR__FILTERS };
static double phi_of(int i) { return i == RECENT_PHI ? .8 : filters[i].phi; }

kr_status kr__guesser_create(kr__guesser **out, kr_error *err) {
    *out = kr__calloc(1, sizeof **out);
    if (!*out) return kr_fail(err, KR_MEMORY, "out of memory");
    for (int i = 0; i <= KR__FILTERS; i++) {
        double sum = 0, power = phi_of(i);
        for (int k = 1; k <= STEPS; k++, power *= phi_of(i)) {
            sum += power;
            (*out)->damped[i][k] = sum;
        }
    }
    return KR_OK;
}

void kr__guesser_destroy(kr__guesser *guesser) { kr_free(guesser); }

void kr__guesser_begin(kr__guesser *g, const int64_t season[N_SEASONS]) {
    size_t used = (size_t)season[0] * sizeof g->s[0],
           long_used = (size_t)season[1] * sizeof g->w[0];
    memset(g->s, 0, used);
    memset(g->w, 0, long_used);
    for (int i = 0; i < N_SEASONS; i++) g->season[i] = season[i], g->visits[i] = 0;
    memset(g->level, 0, sizeof g->level);
    memset(g->slope, 0, sizeof g->slope);
    memset(g->error, 0, sizeof g->error);
    memset(g->n_errors, 0, sizeof g->n_errors);
    memset(g->waiting, 0, sizeof g->waiting);
    g->n = g->n_there = g->n_seasonal = g->n_steps = 0;
    g->last = g->least = g->most = g->first = 0;
    g->seasonal = g->step = g->change = g->surprise = 0;
    g->sum = g->sum_t = g->sum_tt = g->sum_ty = 0;
    memset(g->rest, 0, sizeof g->rest);
    memset(g->alone, 0, sizeof g->alone);
    memset(g->together, 0, sizeof g->together);
    g->has_logs = true;
}

static double at(const kr__guesser *g, int64_t t) { return g->history[t & (HISTORY - 1)]; }

double kr__guesser_before(const kr__guesser *g, int64_t steps) {
    int64_t t = g->n - 1 - steps;
    return t < 0 || steps >= HISTORY ? (double)NAN : at(g, t);
}

/* ---- guessing ----------------------------------------------------------------------------- */

/* 1 + phi + .. of `lead` terms, with the phi of filter i; RECENT_PHI: that of the last steps. */
static double damped_steps(const kr__guesser *g, int i, int64_t lead) {
    double phi = phi_of(i);
    if (lead <= STEPS) return g->damped[i][lead];
    return phi == 1 ? (double)lead : phi * (1 - pow(phi, (double)lead)) / (1 - phi);
}

/* The logarithm of a value within reach of what was seen. */
static double within_reach(const kr__guesser *g, double y) {
    double low = g->log_least - 2, high = g->log_most + 2;
    return y < low ? low : y > high ? high : y;
}

/* Slope of the line through all values; where it is at value t. */
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
static double within_growth(const kr__guesser *g, double steps) {
    double growth = (g->log_last - g->log_first) / (double)(g->n - 1);
    return exp(within_reach(g, g->log_last + steps * growth));
}

/* The mean of the last differences. */
static double recent_step(const kr__guesser *g) {
    int64_t n = g->n - 1 < 4 ? g->n - 1 : 4;
    return n > 0 ? (at(g, g->n - 1) - at(g, g->n - 1 - n)) / (double)n : 0;
}

/* How far value t is from where filter i is now. */
static double rest_of(const kr__guesser *g, int i, int64_t t) {
    return at(g, t) - (g->level[i] + g->s[t % g->season[0]][i] + g->w[t % g->season[1]][i]);
}

/* What is left of that after so many steps: as much as it was found to be after one. */
static double rest_after(const kr__guesser *g, int which, double steps) {
    double share =
        g->together[which] > 0 && g->alone[which] > 0 ? g->together[which] / g->alone[which] : 0;
    if (share > .98) share = .98;
    return g->rest[which] * (steps == 1 ? share : pow(share, steps));
}

/* The mean of the last short season, less that of the one a long season before. */
static double level_change(const kr__guesser *g) {
    int64_t m = g->season[0], longest = g->season[1];
    double change = 0;
    if (longest <= m || g->n < longest + m || longest + m > HISTORY) return 0;
    for (int64_t i = 0; i < m; i++) change += at(g, g->n - 1 - i) - at(g, g->n - 1 - i - longest);
    return change / (double)m;
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
    guess[SLOW_THETA] = guess[SEASONAL] + slope / 2 * steps;
    guess[THETA] = guess[QUICK] + slope / 2 * steps;
    guess[QUICK_THETA] = guess[QUICKER] + slope / 2 * steps;
    double seasons = (double)((lead + g->season[0] - 1) / g->season[0]);
    guess[SEASON_AND_CHANGE] = guess[LAST_SEASON] + seasons * g->change;
    guess[LAST_THETA] = g->last + slope / 2 * steps;
    guess[RECENT] = g->last + damped_steps(g, RECENT_PHI, lead) * recent_step(g);
    guess[RETURN] = guess[SLOW] + rest_after(g, 0, steps);
    guess[LONG_RETURN] = guess[LONG] + rest_after(g, 1, steps);
    guess[LONG_SEASON_AND_LEVEL] = guess[LAST_LONG_SEASON] + level_change(g);
    guess[GROWTH] = g->has_logs && g->n > 1 ? within_growth(g, steps) : guess[DRIFT];
    guess[TWO_SEASONS] = (guess[LAST_SEASON] + last_season(g, g->season[0], lead, 1)) / 2;
}

/* How far between two leads that are kept, by their logarithms. */
static double between_leads(int i, int64_t lead) {
    double low = log((double)kr__guess_leads[i]), high = log((double)kr__guess_leads[i + 1]);
    return (log((double)lead) - low) / (high - low);
}

void kr__guesser_errors(const kr__guesser *g, kr__error_span span, int64_t lead,
                        double error[KR__GUESSES]) {
    int i = 0;
    while (i + 1 < KR__GUESS_LEADS && kr__guess_leads[i + 1] <= lead && g->n_errors[i + 1] > 0) i++;
    bool is_between =
        i + 1 < KR__GUESS_LEADS && g->n_errors[i + 1] > 0 && kr__guess_leads[i] < lead;
    double share = is_between ? between_leads(i, lead) : 0;
    const double *a = g->error[span][i], *b = g->error[span][is_between ? i + 1 : i];
    for (int k = 0; k < KR__GUESSES; k++) error[k] = a[k] + share * (b[k] - a[k]);
}

/* The mean of the first guesses, each by the fourth power of how near it was. */
static double weigh(const double *guess, const double *error) {
    double sum = 0, weights = 0, least = error[0];
    for (int i = 1; i < WEIGHTED; i++) least = error[i] < least ? error[i] : least;
    for (int i = 0; i < WEIGHTED; i++) {
        double ratio = least > 0 ? least / error[i] : error[i] > 0 ? 0 : 1, w = ratio * ratio;
        weights += w * w;
        sum += w * w * guess[i];
    }
    return sum / weights;
}

/* The median of the seven first guesses with the least errors. */
static double middle_of_best(const double *guess, const double *error) {
    enum { BEST = 7 };
    double best[BEST], its[BEST];
    int n = 0;
    for (int i = 0; i < WEIGHTED; i++) {
        if (n == BEST && !(error[i] < best[BEST - 1])) continue;
        int at = n < BEST ? n++ : BEST - 1;
        for (; at > 0 && best[at - 1] > error[i]; at--)
            best[at] = best[at - 1], its[at] = its[at - 1];
        best[at] = error[i];
        its[at] = guess[i];
    }
    for (int i = 1; i < n; i++) {
        double value = its[i];
        int at = i;
        for (; at > 0 && its[at - 1] > value; at--) its[at] = its[at - 1];
        its[at] = value;
    }
    return its[n / 2];
}

void kr__guesser_guess(const kr__guesser *g, int64_t lead, double guess[KR__GUESSES]) {
    int64_t t = g->n - 1 + lead;
    const double *s = g->s[t % g->season[0]], *w = g->w[t % g->season[1]];
    for (int i = 0; i < KR__FILTERS; i++) {
        double slope = g->slope[i] != 0 ? g->slope[i] * damped_steps(g, i, lead) : 0;
        guess[i] = g->level[i] + slope + s[i] + w[i];
    }
    for (int i = 0; i < KR__FILTERS; i++) {
        if (!filters[i].is_log) continue;
        guess[i] = g->has_logs ? exp(within_reach(g, guess[i])) : guess[filters[i].plain];
    }
    guess_beside(g, lead, guess);
    double error[KR__GUESSES];
    kr__guesser_errors(g, KR__ERROR_LONG, lead, error);
    guess[WEIGHTED] = weigh(guess, error);
    guess[MIDDLE] = middle_of_best(guess, error);
}

/* ---- learning from a value ---------------------------------------------------------------- */

static double larger(double a, double b) { return a > b ? a : b; }

/* Filters first .. end - 1 take value t; y: it, and its logarithm. is_there: else they only go on.
 */
static void step_filters(kr__guesser *g, int first, int end, int64_t t, const double y[2],
                         bool is_there) {
    double *s = g->s[t % g->season[0]], *w = g->w[t % g->season[1]];
    double mean = 1 / ((double)t + 1);
    double visit = 1 / ((double)(t / g->season[0]) + 1),
           long_visit = 1 / ((double)(t / g->season[1]) + 1);
    bool has_season = g->season[0] > 1 && g->visits[0] > 0;
    bool has_long = g->season[1] > g->season[0] && g->visits[1] > 0;
    for (int i = first; i < end; i++) {
        const filter *f = &filters[i];
        double before = g->level[i] + f->phi * g->slope[i];
        if (!is_there) {
            g->level[i] = before;
            g->slope[i] *= f->phi;
            continue;
        }
        double r = y[f->is_log] - (before + s[i] + w[i]);
        g->level[i] = before + larger(f->alpha, has_season ? 0 : mean) * r;
        if (f->beta > 0 && t > 0)
            g->slope[i] = f->phi * g->slope[i] + larger(f->beta, t < 4 ? .3 : 0) * r;
        if (f->gamma > 0 && has_season) s[i] += larger(f->gamma, visit) * (1 - f->alpha) * r;
        if (f->omega > 0 && has_long) w[i] += larger(f->omega, long_visit) * (1 - f->alpha) * r;
    }
}

/* y of value t, filled in where it was missing. */
static void values_of(const kr__guesser *g, int64_t t, double y[2]) {
    y[0] = at(g, t);
    y[1] = g->has_logs && y[0] > 0 ? log(y[0]) : 0;
}

/* Level, slope and seasons of filter i from the first n values, of which the longest season that is
 * used has one or two. */
static void decompose(kr__guesser *g, int i, int64_t n, int which) {
    int64_t m = g->season[0], longest = g->season[which], cycles = n / longest;
    double mean[2] = {0, 0}, y[2];
    int place = filters[i].is_log;
    for (int64_t t = 0; t < cycles * longest; t++) {
        values_of(g, t, y);
        mean[t / longest] += y[place] / (double)longest;
    }
    double slope = cycles > 1 ? (mean[1] - mean[0]) / (double)longest : 0;
    double start = mean[0] - slope * ((double)longest - 1) / 2; /* the line at t = 0 */
    for (int64_t p = 0; p < m; p++) g->s[p][i] = 0;
    for (int64_t t = 0; t < cycles * longest; t++) {
        values_of(g, t, y);
        int64_t visits = (cycles * longest - t % m + m - 1) / m;
        g->s[t % m][i] += (y[place] - start - slope * (double)t) / (double)visits;
    }
    if (which == 1) {
        for (int64_t p = 0; p < longest; p++) g->w[p][i] = 0;
        for (int64_t t = 0; t < cycles * longest; t++) {
            values_of(g, t, y);
            double rest = y[place] - start - slope * (double)t - g->s[t % m][i];
            g->w[t % longest][i] += rest / (double)(cycles + 1);
        }
    }
    g->level[i] = start;
    g->slope[i] = filters[i].beta > 0 ? slope : 0;
}

static bool uses(int i, int which) {
    return which == 0 ? filters[i].gamma > 0 : filters[i].omega > 0;
}

/* Filters that use a season begin again, now that one or two of it are known. */
static void begin_season(kr__guesser *g, int which) {
    double y[2];
    g->visits[which] = 1;
    if (which == 1) g->visits[0] = 1;
    for (int i = 0; i < KR__FILTERS; i++) {
        if (!uses(i, which) || (filters[i].is_log && !g->has_logs)) continue;
        decompose(g, i, g->n, which);
        for (int64_t t = 0; t < g->n; t++) {
            values_of(g, t, y);
            step_filters(g, i, i + 1, t, y, true);
        }
    }
    for (int l = 0; l < KR__GUESS_LEADS; l++)
        if (g->n_errors[l] > 3) g->n_errors[l] = 3;
}

static void look_at_season(kr__guesser *g) {
    for (int i = 0; i < N_SEASONS; i++) {
        int64_t m = g->season[i];
        if (m == 1 || (i == 1 && m == g->season[0])) continue;
        if (g->n == m || g->n == 2 * m) begin_season(g, i);
        /* Filters of two seasons follow the short one until then. */
    }
}

static void blend(double rate, const double *guess, double value, double *error) {
    for (int k = 0; k < KR__GUESSES; k++) error[k] += rate * (fabs(guess[k] - value) - error[k]);
}

/* Every value of a short series is guessed at each lead, of a long one some are. */
static int64_t stride_of(int l, int64_t n) {
    static const int64_t strides[KR__GUESS_LEADS] = {1, 2, 4, 8};
    return n < WAITING ? 1 : strides[l];
}

static void take_errors(kr__guesser *g, double value) {
    for (int l = 0; l < KR__GUESS_LEADS; l++) {
        const waiting *q = &g->waiting[l];
        int at = (int)(g->n % WAITING);
        if (q->due[at] != g->n || g->n == 0) continue;
        double n = (double)++g->n_errors[l], stride = (double)stride_of(l, g->n);
        for (int s = 0; s < KR__ERROR_SPANS; s++) {
            double least = (s == KR__ERROR_LONG ? .006 : .04) * stride;
            blend(larger(1 / n, least), q->guess[at], value, g->error[s][l]);
        }
    }
}

static void make_guesses(kr__guesser *g) {
    for (int l = 0; l < KR__GUESS_LEADS; l++) {
        int64_t due = g->n - 1 + kr__guess_leads[l];
        if (g->n < 2 || g->n % stride_of(l, g->n) != 0) continue;
        g->waiting[l].due[due % WAITING] = due;
        kr__guesser_guess(g, kr__guess_leads[l], g->waiting[l].guess[due % WAITING]);
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

/* g->n is behind the value. */
static void take_rests(kr__guesser *g) {
    static const int of[2] = {SLOW, LONG};
    for (int i = 0; i < 2; i++) {
        double rate = larger(1 / (double)g->n, .02), rest = rest_of(g, of[i], g->n - 1);
        g->together[i] += rate * (rest * g->rest[i] - g->together[i]);
        g->alone[i] += rate * (rest * rest - g->alone[i]);
        g->rest[i] = rest;
    }
}

static void take_range(kr__guesser *g, double value) {
    if (value < g->least) g->least = value;
    if (value > g->most) g->most = value;
    if (!g->has_logs) return;
    g->log_last = log(value);
    if (g->log_last < g->log_least) g->log_least = g->log_last;
    if (g->log_last > g->log_most) g->log_most = g->log_last;
}

static void begin_values(kr__guesser *g, double value) {
    g->first = g->least = g->most = value;
    g->log_first = g->log_least = g->log_most = value > 0 ? log(value) : 0;
    for (int i = 0; i < KR__FILTERS; i++) {
        g->level[i] = filters[i].is_log ? (value > 0 ? log(value) : 0) : value;
    }
}

void kr__guesser_push(kr__guesser *g, double value) {
    bool is_there = isfinite(value);
    double guess[KR__GUESSES], y[2];
    if (!is_there && g->n_there == 0) return; /* nothing is known yet */
    if (g->n_there == 0) begin_values(g, value);
    if (g->n_there > 0) {
        if (!is_there) {
            kr__guesser_guess(g, 1, guess);
        } else {
            double expected = g->level[SEASONAL] + g->s[g->n % g->season[0]][SEASONAL];
            g->surprise = value - expected;
            take_errors(g, value);
        }
    }
    g->history[g->n & (HISTORY - 1)] = is_there ? value : guess[SEASONAL];
    if (is_there) {
        if (value <= 0) g->has_logs = false;
        take_distances(g, value);
        take_line(g, value);
        take_range(g, value);
    }
    y[0] = value;
    y[1] = g->log_last;
    step_filters(g, 0, KR__FILTERS, g->n, y, is_there);
    if (is_there) g->last = value, g->n_there++;
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
