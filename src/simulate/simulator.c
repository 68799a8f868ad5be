/* SPDX-License-Identifier: MIT
 * simulator.c - one series: seasons and noise are drawn, then a family, a second one, modifiers. */
#include "simulate/simulator.h"

#include "simulate/elementary.h"
#include "simulate/modifiers.h"
#include "simulate/simulation.h"

enum {
    ATTEMPTS = 16,
    STEADY_ATTEMPTS = 4, /* so often a constant series is drawn again */
    FIT_ATTEMPTS = 12,   /* so often seasons are drawn again that are too long */
    FINE_STEPS = 16384   /* longer series are not made of finer ones */
};

static const double most = 1e15, least = 1e-200; /* magnitudes; smaller ones are 0 */

/* ---- room ------------------------------------------------------------------------------- */

static int64_t finest_of(int64_t length) { return length <= FINE_STEPS ? KR__FINEST : 1; }

static int64_t room_of(int64_t length) {
    return KR__ROOM_SERIES * finest_of(length) * length +
           KR__ROOM_SEASONS * KR_SIMULATED_SEASON_STEPS;
}

size_t kr__simulator_scratch(int64_t length) { return (size_t)room_of(length) * sizeof(double); }

/* ---- what is drawn first ---------------------------------------------------------------- */

static void draw_seasons(const kr__simulator *m, kr__simulation *s) {
    kr__draws *d = &s->draws;
    for (int attempt = 0; attempt < FIT_ATTEMPTS; attempt++) {
        const kr__season_choice *c = &m->choices[kr__draw_pick(d, m->choice_weights, m->n_choices)];
        s->n_seasons = c->is_any ? 1 : c->n;
        for (int64_t i = 0; i < c->n; i++) s->seasons[i] = c->steps[i];
        if (c->is_any) s->seasons[0] = (int64_t)kr__draw_log_between(d, 2, 401);
        if (!m->is_fitted || s->n_seasons == 0) return;
        if (2 * s->seasons[s->n_seasons - 1] <= s->n) return;
    }
    while (s->n_seasons > 0 && 2 * s->seasons[s->n_seasons - 1] > s->n) s->n_seasons--;
}

/* The deviation of the noise, relative: over five decades, often small. */
static double draw_noise(kr__draws *d) {
    static const double weights[] = {1.5, 7, 1.5};
    switch (kr__draw_pick(d, weights, 3)) {
        case 0:
            return kr__draw_log_between(d, 1e-4, 0.02);
        case 1:
            return kr__draw_log_between(d, 0.02, 1);
        default:
            return kr__draw_log_between(d, 0.5, 4);
    }
}

/* ---- families --------------------------------------------------------------------------- */

/* A series of a second family, with the same seasons. Their sum, or the first times the exponential
 * of the second. */
static void mix_in(const kr__simulator *m, kr__simulation *s, double *y, int64_t *second) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, family = kr__draw_pick(d, m->families, kr__n_families);
    kr__simulation other = *s;
    double *z = kr__room(s, s->n), share = kr__draw_log_between(d, 0.05, 1.5);
    bool is_product = s->is_level || kr__draw_chance(d, 0.3);
    other.room_used = s->room_used;
    other.is_aperiodic = other.is_level = other.is_count = other.is_multiplicative = false;
    kr__families[family].draw(&other, z);
    *second = family;
    s->draws = other.draws;
    s->room_used = used;
    kr__standardise(z, s->n);
    if (!is_product) kr__standardise(y, s->n);
    for (int64_t t = 0; t < s->n; t++) {
        double by = is_product ? kr__sim_exp(fmin(fmax(0.5 * share * z[t], -9), 9)) : share * z[t];
        y[t] = is_product ? y[t] * by : y[t] + by;
    }
    s->is_multiplicative = s->is_multiplicative || is_product;
    if (!s->is_aperiodic || other.is_aperiodic) return;
    s->is_aperiodic = false;
    s->n_seasons = other.n_seasons;
}

/* A step is the sum, the mean or the last of k finer ones. */
static void join_steps(kr__simulation *s, double *y, int64_t k) {
    bool is_last = kr__draw_chance(&s->draws, 0.2), is_mean = kr__draw_chance(&s->draws, 0.3);
    s->n /= k;
    for (int64_t t = 0; t < s->n; t++) {
        double sum = 0;
        for (int64_t i = is_last ? k - 1 : 0; i < k; i++) sum += y[t * k + i];
        y[t] = is_mean && !is_last && !s->is_count ? sum / (double)k : sum;
    }
    for (int64_t i = 0; i < s->n_seasons; i++) s->seasons[i] /= k;
}

static int64_t draw_fineness(const kr__simulator *m, kr__simulation *s) {
    kr__draws *d = &s->draws;
    int64_t k = 2 + kr__draw_below(d, KR__FINEST - 1);
    if (!kr__draw_chance(d, 0.08 * m->modified)) return 1;
    int64_t longest = s->n_seasons > 0 ? s->seasons[s->n_seasons - 1] : 1;
    return longest * k > KR_SIMULATED_SEASON_STEPS || s->n > FINE_STEPS ? 1 : k;
}

static void draw_families(const kr__simulator *m, kr__simulation *s, double *y, int64_t family[2]) {
    kr__draws *d = &s->draws;
    family[0] = kr__draw_pick(d, m->families, kr__n_families);
    family[1] = -1;
    int64_t k = draw_fineness(m, s), n_seasons = s->n_seasons, used = s->room_used;
    double *fine = k > 1 ? kr__room(s, s->n * k) : y;
    s->n *= k;
    for (int64_t i = 0; i < n_seasons; i++) s->seasons[i] *= k;
    kr__families[family[0]].draw(s, fine);
    if (kr__draw_chance(d, m->mixed) && !s->is_count) mix_in(m, s, fine, &family[1]);
    if (k > 1) join_steps(s, fine, k);
    for (int64_t t = 0; t < s->n && k > 1; t++) y[t] = fine[t];
    if (s->is_aperiodic) s->n_seasons = 0;
    s->room_used = used;
}

/* ---- one series ------------------------------------------------------------------------- */

static bool is_fine(double *y, int64_t n, int attempt) {
    bool is_steady = n >= 8 && attempt < STEADY_ATTEMPTS;
    for (int64_t t = 0; t < n; t++) {
        if (!(fabs(y[t]) <= most)) return false;
        if (fabs(y[t]) < least) y[t] = 0;
        is_steady = is_steady && y[t] == y[0];
    }
    return !is_steady;
}

static void describe(const kr__simulation *s, const double *y, const int64_t family[2],
                     kr_simulated *what) {
    *what = (kr_simulated){.family = (int32_t)family[0],
                           .second = (int32_t)family[1],
                           .n_seasons = (int32_t)s->n_seasons,
                           .is_multiplicative = s->is_multiplicative,
                           .is_integer = true,
                           .is_nonnegative = true};
    for (int64_t i = 0; i < s->n_seasons; i++) what->seasons[i] = s->seasons[i];
    for (int64_t t = 0; t < s->n; t++) {
        if (isnan(y[t])) what->has_gaps = true;
        if (y[t] < 0) what->is_nonnegative = false;
        if (y[t] != floor(y[t]) && !isnan(y[t])) what->is_integer = false;
    }
}

void kr__simulator_draw(const kr__simulator *m, uint64_t index, int64_t length, void *scratch,
                        double *values, kr_simulated *what) {
    kr__simulation s;
    int64_t family[2] = {0, -1};
    for (int attempt = 0;; attempt++) {
        s = (kr__simulation){.draws = kr__draws_make(m->seed, index, (uint32_t)attempt),
                             .n = length,
                             .room = scratch,
                             .room_size = room_of(length)};
        draw_seasons(m, &s);
        s.noise = m->noise * draw_noise(&s.draws);
        draw_families(m, &s, values, family);
        if (m->modified > 0) kr__modify(&s, values, m->modified);
        if (is_fine(values, length, attempt)) break;
        if (attempt + 1 < ATTEMPTS) continue;
        for (int64_t t = 0; t < length; t++) values[t] = kr__draw_normal(&s.draws);
        s.n_seasons = 0;
        family[1] = -1;
        break;
    }
    if (kr__draw_chance(&s.draws, m->gaps)) kr__leave_gaps(&s, values);
    if (what) describe(&s, values, family, what);
}
