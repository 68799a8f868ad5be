/* SPDX-License-Identifier: MIT
 * generate.h - let a next-step model go on with a series: each forecast becomes the next input.
 *
 * Time and memory of a step do not depend on how many came before. */
#ifndef KR_GENERATE_H
#define KR_GENERATE_H

#include <kr/flags.h>
#include <kr/mamba.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* Fields named as the flags in generate_flags.inc. */
typedef struct kr_generate_config {
#define KR_FLAG_LIST <kr/generate_flags.inc>
#include <kr/flags.inc>
} kr_generate_config;
KR_API const kr_flag_table *kr_generate_flags(void);
/* The same behind a handle (kr/settings.h). */
KR_API kr_status kr_generate_settings_create(kr_settings **out, kr_error *err);

/* Standard normal numbers: the next n of them. */
typedef struct kr_noise {
    void (*draw)(void *arg, int64_t n, kr_real *out);
    void *arg;
} kr_noise;

/* A series that goes on. It belongs to one thread at a time. */
typedef struct kr_generator kr_generator;

/* Of config, temperature and the fields of the perturbation are read. noise NULL: from
 * config->seed. KR_USAGE when perturb_layers is above the model's layers. */
KR_API kr_status kr_generator_create(kr_team *team, const kr_mamba *model,
                                     const kr_generate_config *config, const kr_noise *noise,
                                     kr_generator **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_generator_destroy(kr_generator *generator);

/* n steps that were observed, (n, n_features). Does not allocate. */
KR_API void kr_generator_feed(kr_generator *generator, int64_t n, const kr_real *x);
/* The forecast of the next step, (n_features); zeros before the first one is fed. Valid until the
 * next call. */
KR_API const kr_real *kr_generator_forecast(const kr_generator *generator);
/* Generate a step into out (n_features): the forecast and its noise. It counts as observed then.
 * Bursts are counted in generated steps. Does not allocate.
 *
 * A hidden burst changes the forecast that is made in it, and nothing that is remembered. */
KR_API void kr_generator_next(kr_generator *generator, kr_real *out);
/* Back to the start of a series; the noise goes on. */
KR_API void kr_generator_reset(kr_generator *generator);

KR_END_DECLS

#endif
