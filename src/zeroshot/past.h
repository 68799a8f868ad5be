/* SPDX-License-Identifier: MIT
 * past.h - what the zero-shot model sees of a series: tokens of its past, and what is known about
 * each step ahead.
 *
 * A token is a patch of KR__PATCH values, of which the last ends with the series' last value; the
 * first may be short. A token depends on its values and on those before them, in units of their own
 * scale: a stream makes the tokens that a whole series has. */
#ifndef KR_PAST_H
#define KR_PAST_H

#include "core/real.h"
#include "zeroshot/guesses.h"

enum { KR__PATCH = 8, KR__TOKEN_SIZE = 3 * KR__PATCH + 10, KR__STEP_SIZE = 3 * KR__GUESSES + 18 };

/* A patch that is being filled. */
typedef struct kr__patch {
    double value[KR__PATCH], seasonal[KR__PATCH], surprise[KR__PATCH]; /* differences */
    bool is_there[KR__PATCH];
    int n;
    double before, scale; /* the last value and the scale of the patch before; 0: there is none */
} kr__patch;

void kr__patch_begin(kr__patch *patch);
/* The guesser took another value: it is one of this patch. */
void kr__patch_take(kr__patch *patch, const kr__guesser *guesser, bool is_there);
/* The patch becomes a token (KR__TOKEN_SIZE), and empty. */
void kr__patch_end(kr__patch *patch, const kr__guesser *guesser, kr_real *token);

/* The unit of tokens and steps: the mean distance of values a season apart, or of neighbours. */
double kr__past_scale(const kr__guesser *guesser);

/* What is known `lead` steps ahead: steps (KR__STEP_SIZE), guesses and their errors (KR__GUESSES
 * each) in units of scale, from the last value on. */
void kr__past_step(const kr__guesser *guesser, int64_t lead, double scale, kr_real *steps,
                   kr_real *guesses, kr_real *errors);

/* How a series is computed with: unit * value, or unit * (log(value) - log_unit). Logarithms are
 * for a series with a season whose values are all above 0 and some many times others: its seasons
 * multiply, and sums of trend and season would fall to 0 in its nights. Quantiles of logarithms are
 * logarithms of quantiles. */
typedef struct kr__past_form {
    double least, most; /* of the known values; NaN: there are none */
    double unit;        /* a power of two */
    bool is_log;
    double log_unit; /* kr__past_log_unit() of the first known value */
} kr__past_form;

/* The logarithm that counts as 0, so that the unit of a series changes no forecast: the first known
 * value becomes 8, the logarithm of a few thousands. Above 0 it has all the guesses. */
double kr__past_log_unit(double first_known);
/* May a series with this season, whose values are all above 0 so far, come to need logarithms? */
static inline bool kr__past_may_take_logs(int64_t season) { return season > 1; }
/* Does it, with the least and most of the form? */
bool kr__past_takes_logs(const kr__past_form *form, int64_t season);
/* Find the form of the first n_past values, and turn all n into what is computed with. */
void kr__past_prepare(double *values, int64_t n_past, int64_t n, int64_t season,
                      kr__past_form *form);
/* A forecast y, in place of a value or of the logarithm of one over the first, becomes a value. One
 * of values that were all above 0 stays above half of the least. */
double kr__past_leave(const kr__past_form *form, double y);

#endif
