/* SPDX-License-Identifier: MIT
 * golden.h - reference values out of tests/golden, for cmocka tests.
 *
 *     kr_golden *g = kr_golden_open("attention.npz");
 *     int64_t n;
 *     const kr_real *y = kr_golden_real(g, "f64.y", &n);
 *     assert_close(got, y, n, 1e-5);
 *     kr_golden_close(g);
 *
 * Whatever is missing or does not convert fails the test with a sentence. */
#ifndef KR_GOLDEN_H
#define KR_GOLDEN_H

#include <kr/files.h>

#include "core/real.h"

typedef struct kr_golden kr_golden;

/* file: below tests/golden ("synth/npy/plain.npz"); without a folder, below tests/golden/forecast.
 */
kr_golden *kr_golden_open(const char *file);
void kr_golden_close(kr_golden *golden);

bool kr_golden_has(const kr_golden *golden, const char *name);
/* Array `name` as it is: type, rank, shape, n. All results live until kr_golden_close. */
const kr_array *kr_golden_array(kr_golden *golden, const char *name);
/* Its elements converted; n may be NULL. Not const, so that they can be a plan's input. */
kr_real *kr_golden_real(kr_golden *golden, const char *name, int64_t *n);
double *kr_golden_double(kr_golden *golden, const char *name, int64_t *n);
int64_t *kr_golden_int64(kr_golden *golden, const char *name, int64_t *n);
/* The only element of `name`. */
double kr_golden_value(kr_golden *golden, const char *name);
/* Element i of a text array, into text. */
const char *kr_golden_text(kr_golden *golden, const char *name, int64_t i, char *text, size_t size);

/* max|got - want| <= tolerance * max|want| over n elements ("rel-to-max"); where all of want is 0,
 * max|got| <= tolerance. NaN agrees with NaN only, an infinity with the same infinity. The failure
 * names both texts, the worst element, and the error that would pass. */
#define assert_close(got, want, n, tolerance)                                                      \
    kr_assert_close(got, want, n, tolerance, true, #got, __FILE__, __LINE__)
/* max|got - want| <= tolerance */
#define assert_close_abs(got, want, n, tolerance)                                                  \
    kr_assert_close(got, want, n, tolerance, false, #got, __FILE__, __LINE__)
void kr_assert_close(const kr_real *got, const kr_real *want, int64_t n, double tolerance,
                     bool is_relative, const char *what, const char *file, int line);
/* The same for double, whatever kr_real is. */
#define assert_close_double(got, want, n, tolerance)                                               \
    kr_assert_close_double(got, want, n, tolerance, true, #got, __FILE__, __LINE__)
void kr_assert_close_double(const double *got, const double *want, int64_t n, double tolerance,
                            bool is_relative, const char *what, const char *file, int line);

#endif
