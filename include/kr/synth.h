/* SPDX-License-Identifier: MIT
 * synth.h - MambaSynth's series: a point runs on circles in a space of many dimensions, and a
 * Markov chain chooses the next circle. The same settings and seed give the original's numbers.
 *
 * Steps on a circle are whole turns from a fixed angle, each at the circle's own speed; noise comes
 * on every feature. */
#ifndef KR_SYNTH_H
#define KR_SYNTH_H

#include <kr/flags.h>

KR_BEGIN_DECLS

/* Fields named as the flags in synth_flags.inc. */
typedef struct kr_synth_config {
#define KR_FLAG_LIST <kr/synth_flags.inc>
#include <kr/flags.inc>
} kr_synth_config;
KR_API const kr_flag_table *kr_synth_flags(void);
/* The same behind a handle (kr/settings.h). */
KR_API kr_status kr_synth_settings_create(kr_settings **out, kr_error *err);

typedef struct kr_synth {
    int64_t n_steps, n_circles, ambient_dim;
    double *X;                    /* (n_steps, ambient_dim) */
    int64_t *states;              /* (n_steps): the circle */
    double *thetas;               /* (n_steps): the angle on it, radians in [0, 2 pi) */
    double *transition_matrix;    /* (n_circles, n_circles), rows sum to 1, diagonal 0 */
    double *radii, *entry_angles; /* (n_circles) */
    int64_t *periods;             /* (n_circles): steps of a turn */
    double *planes;               /* (n_circles, 2, ambient_dim), orthonormal pairs */
} kr_synth;

/* KR_USAGE when the settings do not fit together. states, thetas, matrix, radii, angles and periods
 * are those of numpy bit for bit, X within 1e-13. */
KR_API kr_status kr_synth_create(const kr_synth_config *config, kr_synth **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_synth_destroy(kr_synth *synth);

/* folder/data.npz and folder/config.json as the original writes them, for its scripts and for
 * numpy.load. The members are stored, not deflated: that takes a twentieth of the time. */
KR_API kr_status kr_synth_save(const kr_synth *synth, const kr_synth_config *config,
                               const char *folder, kr_error *err);

KR_END_DECLS

#endif
