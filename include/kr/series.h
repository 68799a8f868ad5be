/* SPDX-License-Identifier: MIT
 * series.h - one long series of numbers: from memory, from a file, or synthetic.
 *
 *     kr_series *series = NULL;
 *     KR_TRY(kr_series_create(n_steps, n_features, values, NULL, &series, err));   yours, or
 *     KR_TRY(kr_series_open("data", &series, err));                                a file's
 *
 * A series does not change; any number of threads may read it. Values that are not finite are
 * refused; the sentence says where they are. */
#ifndef KR_SERIES_H
#define KR_SERIES_H

#include <kr/files.h>
#include <kr/rows.h>
#include <kr/settings.h>
#include <kr/team.h>

KR_BEGIN_DECLS

typedef struct kr_series kr_series;

/* ---- from memory ------------------------------------------------------------------------- */

/* values (n_steps, n_features), states (n_steps), 0 and up, or NULL. create borrows both, which
 * must stay unchanged as long as the series lives; copy makes its own. KR_SHAPE: a size below 1;
 * KR_FORMAT: a value is not finite, or a state below 0. Destroy with kr_series_destroy. */
KR_API kr_status kr_series_create(int64_t n_steps, int64_t n_features, const float *values,
                                  const int64_t *states, kr_series **out, kr_error *err);
KR_API kr_status kr_series_copy(int64_t n_steps, int64_t n_features, const float *values,
                                const int64_t *states, kr_series **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_series_destroy(kr_series *series);

/* ---- files ------------------------------------------------------------------------------- */

/*     folder       data.npz in it, as MambaSynth leaves it
 *     .npz         X (time, features), or the only matrix in it; states, if present
 *     .npy         (time, features), or (time)
 *     .csv, ..     a table as for kr_rows_read(): its columns of numbers; one called states holds
 *                  the states. Where there are dates, rows are brought into their order */
KR_API kr_status kr_series_open(const char *path, kr_series **out, kr_error *err);

/* size is sizeof(kr_series_options); all else zero: the defaults. */
typedef struct kr_series_options {
    size_t size;
    const char *states; /* array or column to read as states, which must exist; NULL: one called
                           states, if there is one */
    bool is_exact; /* numbers in double, for kr_series_exact(); kr_series_values() is NULL then */
    kr_team *team; /* its log says what was assumed about a file; NULL: no log */
    /* How a table is read: date_column, needed, and delimiter .. reading of it; categories NULL is
     * off. NULL: that is seen. */
    const kr_rows_options *rows;
    bool is_points; /* rows are points, not steps: they stay in the order of the file, and any
                       number of them may be of one date. Steps are brought into order of time, one
                       a date */
} kr_series_options;
KR_API kr_status kr_series_open_as(const char *path, const kr_series_options *options,
                                   kr_series **out, kr_error *err);

/* Write X (time, features) and states, or NULL: .npz with X and states, .npy with X, .csv with the
 * columns x0, x1, .. and states. What kr_series_open() reads back. KR_USAGE for another ending. */
KR_API kr_status kr_series_write(const char *path, const kr_array *X, const int64_t *states,
                                 kr_error *err);
/* Does kr_series_write() know the ending? KR_USAGE if not. To be asked before the work. */
KR_API kr_status kr_series_check_ending(const char *path, kr_error *err);

/* ---- contents ---------------------------------------------------------------------------- */

KR_API int64_t kr_series_n_steps(const kr_series *series);
KR_API int64_t kr_series_n_features(const kr_series *series);
/* (n_steps, n_features). One of the two is NULL: kr_series_exact(), unless is_exact was set. */
KR_API const float *kr_series_values(const kr_series *series);
KR_API const double *kr_series_exact(const kr_series *series);
/* (n_steps), 0 and up; NULL: not known. */
KR_API const int64_t *kr_series_states(const kr_series *series);
/* For a series of circles: how many circles there are, visited or not; 0: not known. */
KR_API int64_t kr_series_n_states(const kr_series *series);
/* Steps of a turn on each of n circles; NULL: not known. n may be NULL. */
KR_API const int64_t *kr_series_periods(const kr_series *series, int64_t *n);
/* The name of a feature, as a table's column has it; NULL: it has none. */
KR_API const char *kr_series_name(const kr_series *series, int64_t feature);
/* The file it came from, or "the series": for sentences. */
KR_API const char *kr_series_path(const kr_series *series);

/* ---- windows ----------------------------------------------------------------------------- */

/* The number of windows that start at 0, stride, 2 stride, .. and lie inside the series. 0 when the
 * series is shorter than one. seq_len, stride >= 1. */
KR_API int64_t kr_windows_count(int64_t n_steps, int64_t seq_len, int64_t stride);

/* Windows 0 .. n-1 in random order, drawn with seed: the first n_train are for training, the
 * others, at least one, for validation. n >= 2, fraction in (0, 1). The same as MambaSynth's data
 * set with PyTorch's loader for the same seed. Windows are drawn without regard to overlap: with a
 * stride below seq_len the model is trained on steps that the validation windows contain, too. */
KR_API kr_status kr_windows_split(int64_t n, double fraction, uint64_t seed, int64_t *order,
                                  int64_t *n_train, kr_error *err);

/* ---- MambaSynth's series ----------------------------------------------------------------- */

/* A point runs on circles in a space of many dimensions, and a Markov chain chooses the next
 * circle. On a circle it makes whole turns from a fixed angle, at the circle's own speed; noise is
 * added to every feature. The same settings and seed give the original's numbers: states, thetas,
 * matrix, radii, angles and periods bit for bit, X within 1e-13. */
typedef struct kr_synth kr_synth;

/* The settings of `krait synth`, at their defaults. */
KR_API kr_status kr_synth_settings_create(kr_settings **out, kr_error *err);

/* KR_USAGE when the settings do not fit together; they are copied. */
KR_API kr_status kr_synth_create(const kr_settings *settings, kr_synth **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_synth_destroy(kr_synth *synth);

KR_API int64_t kr_synth_n_steps(const kr_synth *synth);
KR_API int64_t kr_synth_n_circles(const kr_synth *synth);
KR_API int64_t kr_synth_ambient_dim(const kr_synth *synth);
KR_API const double *kr_synth_X(const kr_synth *synth);            /* (n_steps, ambient_dim) */
KR_API const int64_t *kr_synth_states(const kr_synth *synth);      /* (n_steps): the circle */
KR_API const double *kr_synth_thetas(const kr_synth *synth);       /* (n_steps): angle, [0, 2 pi) */
KR_API const double *kr_synth_transitions(const kr_synth *synth);  /* (n_circles, n_circles), rows
                                                                      sum to 1, diagonal 0 */
KR_API const double *kr_synth_radii(const kr_synth *synth);        /* (n_circles) */
KR_API const double *kr_synth_entry_angles(const kr_synth *synth); /* (n_circles), radians */
KR_API const int64_t *kr_synth_periods(const kr_synth *synth); /* (n_circles): steps of a turn */
KR_API const double *kr_synth_planes(const kr_synth *synth);   /* (n_circles, 2, ambient_dim),
                                                                  orthonormal pairs */

/* X in float, states and periods as a series of its own. */
KR_API kr_status kr_synth_series(const kr_synth *synth, kr_series **out, kr_error *err);

/* folder/data.npz and folder/config.json as the original writes them, for its scripts and for
 * numpy.load. The members are stored, not deflated: that takes a twentieth of the time. */
KR_API kr_status kr_synth_save(const kr_synth *synth, const char *folder, kr_error *err);

KR_END_DECLS

#endif
