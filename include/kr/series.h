/* SPDX-License-Identifier: MIT
 * series.h - one long series of numbers, out of any file that holds one.
 *
 *     folder       data.npz in it, as MambaSynth leaves it
 *     .npz         X (time, features), or the only matrix there is; states when it is there
 *     .npy         (time, features), or (time)
 *     .csv, .gz    the columns of numbers; a column called states is that
 *
 * Values that are not finite are refused with their place. */
#ifndef KR_SERIES_H
#define KR_SERIES_H

#include <kr/array.h>

KR_BEGIN_DECLS

typedef struct kr_series {
    int64_t n_steps, n_features;
    float *values;    /* (n_steps, n_features) */
    double *exact;    /* the same in place of values, where it was asked for */
    int64_t *states;  /* (n_steps), 0 and up; NULL: not known */
    int64_t n_states; /* of a series of circles, all of them, visited or not */
    int64_t *periods; /* (n_periods) steps of a turn on each circle; NULL: not known */
    int64_t n_periods;
    char path[1040]; /* of the file, for sentences */
} kr_series;

/* All zero: the defaults. */
typedef struct kr_series_options {
    const char *states; /* array or column that is read as states, and must be there; NULL: one
                           called states, if there is one */
    bool is_exact;      /* numbers in double, into exact; values stays NULL */
} kr_series_options;

/* Destroy with kr_series_destroy. */
KR_API kr_status kr_series_open(const char *path, kr_series **out, kr_error *err);
KR_API kr_status kr_series_open_as(const char *path, const kr_series_options *options,
                                   kr_series **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_series_destroy(kr_series *series);

/* Write X (time, features) and states, or NULL: .npz with X and states, .npy with X, .csv with the
 * columns x0, x1, .. and states. What kr_series_open() reads back. KR_USAGE for another ending. */
KR_API kr_status kr_series_write(const char *path, const kr_array *X, const int64_t *states,
                                 kr_error *err);
/* Would kr_series_write() know the ending? KR_USAGE if not: ask before the work. */
KR_API kr_status kr_series_check_ending(const char *path, kr_error *err);

KR_END_DECLS

#endif
