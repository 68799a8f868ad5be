/* SPDX-License-Identifier: MIT
 * simulate.h - simulated series of every kind that people have: to train on, to test with.
 *
 *     const kr_simulate_options options = {.size = sizeof options, .seed = 7};
 *     KR_TRY(kr_simulate(team, &options, 0, 1000, 512, values, NULL, err));
 *
 * A series is drawn by one of the families that kr_simulate_family_name() lists (seasonal ARIMA,
 * exponential smoothing, Gaussian processes, counts, ..), then changed as measured series are:
 * levels shift, values are outliers, rounded, cut off, missing, two families are added or
 * multiplied, what is shown is the sum of finer steps. docs/simulate.md has the formulas.
 *
 * Series number `index` is a function of (options, index, length) alone: the same bits whatever
 * else is drawn, for any number of workers, on any CPU (nothing depends on the C library's exp or
 * sin). Values are finite and at most 1e15 in magnitude, but for gaps, which are NaN. */
#ifndef KR_SIMULATE_H
#define KR_SIMULATE_H

#include <kr/base.h>
#include <kr/team.h>

KR_BEGIN_DECLS

enum {
    KR_SIMULATED_SEASONS = 3,         /* superposed in one series, at most */
    KR_SIMULATED_SEASON_STEPS = 8192, /* of the longest season */
    KR_SIMULATED_STEPS = 1 << 22      /* of the longest series */
};

/* size is sizeof(kr_simulate_options); all else zero: the defaults. */
typedef struct kr_simulate_options {
    size_t size;
    uint64_t seed;
    /* Families and what each weighs in the mix: "arima=2,seasonal=1"; a name alone weighs 1. NULL:
     * all, as they are weighted in the list. */
    const char *families;
    /* Seasons in steps, those superposed joined by +, and weights: "24+168=3,12=2,1"; 1 is no
     * season, any one of 2 to 400 steps. NULL: a mix of what data have; of a short series no season
     * is then longer than half of it, where that can be. */
    const char *seasons;
    double noise;    /* factor of the noise that is drawn; 0: 1 */
    double gaps;     /* share of series with missing values, 0 to 1 */
    double mixed;    /* share of series that are two families together; 0: .15, below 0: none */
    double modified; /* factor of the chance of each modifier; 0: 1, below 0: none at all */
} kr_simulate_options;

/* What a series is. */
typedef struct kr_simulated {
    int32_t family;                        /* number of the family */
    int32_t second;                        /* of the one added to it or multiplied; -1: none */
    int64_t seasons[KR_SIMULATED_SEASONS]; /* in steps, rising; 0 behind the last */
    int32_t n_seasons;                     /* 0: none */
    bool is_multiplicative;                /* season and noise grow with the level */
    bool is_integer;                       /* every value is a whole number */
    bool is_nonnegative;                   /* no value is below 0 */
    bool has_gaps;                         /* at least one value is NaN */
} kr_simulated;

/*
 * kr_simulate() - series first_index .. first_index + count - 1.
 *
 *   values  (count, length)   out; NaN: a gap. A series has at least one value that is none
 *   what    (count) or NULL   out
 *
 * options NULL: the defaults. Splits over series. KR_USAGE: an option is out of range, a family is
 * unknown, weights are no numbers or all 0; KR_SHAPE: count below 0, length below 1 or above
 * KR_SIMULATED_STEPS; KR_MEMORY; KR_INTERRUPTED when the team is asked to stop.
 */
KR_API kr_status kr_simulate(kr_team *team, const kr_simulate_options *options, int64_t first_index,
                             int64_t count, int64_t length, double *values, kr_simulated *what,
                             kr_error *err);
/* The same numbers, rounded to float. */
KR_API kr_status kr_simulate_f32(kr_team *team, const kr_simulate_options *options,
                                 int64_t first_index, int64_t count, int64_t length, float *values,
                                 kr_simulated *what, kr_error *err);

/* ---- the families ------------------------------------------------------------------------ */

KR_API int64_t kr_simulate_families(void);
/* NULL for a number below 0 or not below kr_simulate_families(). "arima" */
KR_API const char *kr_simulate_family_name(int64_t family);
/* "seasonal ARIMA, its roots drawn inside the stable region" */
KR_API const char *kr_simulate_family_text(int64_t family);
/* Where its formula comes from. */
KR_API const char *kr_simulate_family_source(int64_t family);
/* Its weight in the default mix; 0 for a number out of range. */
KR_API double kr_simulate_family_weight(int64_t family);

KR_END_DECLS

#endif
