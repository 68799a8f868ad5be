/* SPDX-License-Identifier: MIT
 * intermittent.h - demand that comes now and then: how big it is, how often it comes. */
#ifndef KR_INTERMITTENT_H
#define KR_INTERMITTENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is the series one for Croston, SBA and TSB? Yes where nothing is below zero and the mean interval
 * between demands is 1.32 steps or more (24 % zeros), counted from the first demand on, of which
 * there are two: that is where their errors are smaller than those of smoothing all values.
 * A. Syntetos, J. Boylan, J. Croston, On the categorization of demand patterns, JORS 2005.
 */
bool kr__is_intermittent(const double *y, int64_t n);

/* Croston's rate: the smoothed size of demands by the smoothed interval between them, weights
 * alpha_size and alpha_interval of the newest. fitted: (n) the rate as it was before each step, NaN
 * up to the first demand; or NULL. Without a demand it is 0. */
double kr__croston(const double *y, int64_t n, double alpha_size, double alpha_interval,
                   double *fitted);
/* Teunter, Syntetos and Babai's rate: the smoothed size of demands times the smoothed share of
 * steps with one, which falls while none comes. */
double kr__tsb(const double *y, int64_t n, double alpha_size, double alpha_share, double *fitted);

#endif
