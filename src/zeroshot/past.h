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

/* Of the known values of a series; NaN: there are none. */
typedef struct kr__past_range {
    double least, most;
} kr__past_range;

/* Is the series computed with as logarithms? Those are with a season whose values are all above 0
 * and some many times others: their seasons multiply, and sums of trend and season would fall to 0
 * in their nights. Quantiles of logarithms are logarithms of quantiles. */
bool kr__past_takes_logs(const kr__past_range *range, int64_t season);
/* A forecast y of values, or of logarithms, in the unit of the series. One of values that were all
 * above 0 stays above half of the least. */
double kr__past_leave(const kr__past_range *range, bool is_log, double y);

#endif
