/* SPDX-License-Identifier: MIT
 * guesses.h - simple forecasts of one series, all of them at once, made anew after each value, and
 * how far off each was before.
 *
 *     value --> filters (exponential smoothing with fixed rates, plain and of logarithms, without
 *           |   a season, with one, with two)  --+
 *           +-> last values, means, lines -------+--> KR__GUESSES guesses for any lead
 *           +-> errors of earlier guesses, at KR__GUESS_LEADS leads
 *
 * What a network need not learn, because it can be computed: it chooses among guesses and corrects
 * them. Each value costs the same, however many came before; nothing depends on later ones.
 *
 * Source: V. Assimakopoulos, K. Nikolopoulos, "The theta model", 2000; filters.h has those of the
 * filters. */
#ifndef KR_GUESSES_H
#define KR_GUESSES_H

#include "zeroshot/filters.h"

enum { KR__GUESSES = 45, KR__GUESS_LEADS = 4 };
/* The mean of all others, each by how near it was. */
enum { KR__GUESS_WEIGHTED = 43 };

/* Steps at which earlier guesses are looked at. */
extern const int64_t kr__guess_leads[KR__GUESS_LEADS];

typedef struct kr__guesser kr__guesser;

/* season[0] <= season[1], in steps, at most KR__LONGEST_SEASON; 1: none. */
kr_status kr__guesser_create(kr__guesser **out, kr_error *err);
void kr__guesser_destroy(kr__guesser *guesser);
/* Forget everything; the next value is the first of a series with these seasons. */
void kr__guesser_begin(kr__guesser *guesser, const int64_t season[2]);

/* The next value; NaN: it is missing. */
void kr__guesser_push(kr__guesser *guesser, double value);

/* The guesses of the value `lead` steps after the last one, lead >= 1. After at least one value
 * that is not missing. */
void kr__guesser_guess(const kr__guesser *guesser, int64_t lead, double guess[KR__GUESSES]);
/* The mean distance of each guess of that lead from what came, in the series' unit, between the
 * leads that are kept: of all of the past that is remembered, or of its end. */
typedef enum kr__error_span { KR__ERROR_LONG, KR__ERROR_RECENT, KR__ERROR_SPANS } kr__error_span;
void kr__guesser_errors(const kr__guesser *guesser, kr__error_span span, int64_t lead,
                        double error[KR__GUESSES]);

/* What is known about the series so far. */
typedef struct kr__guesser_view {
    int64_t n; /* values, missing ones included */
    int64_t season[2];
    double last;     /* the last one that was there */
    double seasonal; /* mean distance of values a season apart; 0: not known yet */
    double step;     /* of consecutive ones */
    double surprise; /* the last value, less what the filter of one season expected */
    double least, most;
} kr__guesser_view;
kr__guesser_view kr__guesser_look(const kr__guesser *guesser);
/* The value `steps` before the last one, missing ones filled in; NaN: it is not kept. */
double kr__guesser_before(const kr__guesser *guesser, int64_t steps);

#endif
