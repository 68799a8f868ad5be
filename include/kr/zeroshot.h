/* SPDX-License-Identifier: MIT
 * zeroshot.h - forecasts without training: a model that has learnt from simulated series.
 *
 *     kr_zeroshot *model = NULL;
 *     KR_TRY(kr_zeroshot_open(team, NULL, &model, err));          the one inside the library
 *     const kr_zeroshot_series series = {.size = sizeof series, .values = y, .n = n, .seasons =
 * {12}}; KR_TRY(kr_zeroshot_forecast(model, &series, 1, 24, quantiles, err));
 *
 * It sees one series at a time, in units of its own scale: no table, no dates. docs/zero-shot.md
 * says what it is made of, what went into it, and what it is good at. A model belongs to one thread
 * at a time. */
#ifndef KR_ZEROSHOT_H
#define KR_ZEROSHOT_H

#include <kr/settings.h>
#include <kr/team.h>
#include <kr/training.h>

KR_BEGIN_DECLS

typedef struct kr_zeroshot kr_zeroshot;

enum {
    KR_ZEROSHOT_QUANTILES = 9, /* .1, .2, .. .9 */
    KR_ZEROSHOT_MEDIAN = 4,
    KR_ZEROSHOT_SEASON = 1024 /* the longest season that it knows */
};

/* path NULL: the model that the library holds. KR_IO, KR_FORMAT, KR_MEMORY. Destroy with
 * kr_zeroshot_destroy. The model computes with the team, which must outlive it. */
KR_API kr_status kr_zeroshot_open(kr_team *team, const char *path, kr_zeroshot **out,
                                  kr_error *err);
/* A file's bytes; name is what sentences call them. */
KR_API kr_status kr_zeroshot_open_memory(kr_team *team, const char *name, const void *bytes,
                                         size_t n_bytes, kr_zeroshot **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_zeroshot_destroy(kr_zeroshot *model);
/* A .safetensors file, which kr_zeroshot_open() reads: parameters and settings. */
KR_API kr_status kr_zeroshot_save(const kr_zeroshot *model, const char *path, kr_error *err);
/* The same in memory, to be freed with kr_free(). */
KR_API kr_status kr_zeroshot_save_memory(const kr_zeroshot *model, void **bytes, size_t *n_bytes,
                                         kr_error *err);

/* size is set by the caller. */
typedef struct kr_zeroshot_info {
    size_t size;
    int64_t n_parameters;
    int64_t n_series; /* simulated ones that it was trained on */
    int64_t longest;  /* values of the past that it looks at; from older ones it keeps means */
} kr_zeroshot_info;
KR_API void kr_zeroshot_look(const kr_zeroshot *model, kr_zeroshot_info *out);

/* ---- forecasts ----------------------------------------------------------------------------- */

/* size is sizeof(kr_zeroshot_series); all else zero: no season, no bounds. */
typedef struct kr_zeroshot_series {
    size_t size;
    const double *values; /* n, a step apart, oldest first; NaN: missing */
    int64_t n;
    int64_t seasons[2]; /* steps of up to two seasons, the shorter first; 0: none */
} kr_zeroshot_series;

/*
 * kr_zeroshot_forecast() - quantiles (n, KR_ZEROSHOT_QUANTILES, horizon) of what follows n series.
 *
 * Quantiles rise, .1, .2, .. .9, in the units of the series; those of a series that was always
 * above 0 lie above half of its least value, or where that has a season and its largest value is
 * many times the least, above 0. The same bits for any number of
 * workers, and for a series whatever else is forecast. Of a constant series all are the constant;
 * of one without any value, NaN. KR_SHAPE: horizon below 1 or above 65,536, a size of the
 * structure; KR_USAGE: a season below 0 or above KR_ZEROSHOT_SEASON, a value that is infinite;
 * KR_MEMORY; KR_INTERRUPTED.
 */
KR_API kr_status kr_zeroshot_forecast(kr_zeroshot *model, const kr_zeroshot_series *series,
                                      int64_t n, int64_t horizon, double *quantiles, kr_error *err);

/* ---- one value after the other ------------------------------------------------------------- */

/* A series that arrives value by value. A value costs one step of the model, a forecast its last
 * layers; neither time nor memory depends on how many came before. */
typedef struct kr_zeroshot_stream kr_zeroshot_stream;

enum { KR_ZEROSHOT_STREAM_HORIZON = 96 };

/* size is sizeof(kr_zeroshot_stream_options). */
typedef struct kr_zeroshot_stream_options {
    size_t size;
    int64_t seasons[2]; /* as in kr_zeroshot_series */
    int64_t horizon;    /* steps that are forecast, 1 to KR_ZEROSHOT_STREAM_HORIZON */
} kr_zeroshot_stream_options;

/*
 * kr_zeroshot_stream_create() - forecast a series as it arrives.
 *
 * Its forecasts are those of kr_zeroshot_forecast() of all values so far, to rounding, but for two
 * things. Seasons are taken as they are given, where that looks for a better length near the first
 * if it is 7 or more. And behind the first `longest` values of kr_zeroshot_info the model goes on
 * from what it remembers of all, where that reads the last of them anew. Values are computed with
 * in a unit near the first that is not 0; others may be larger than that by 1e100.
 *
 * The model must outlive the stream, and not be trained meanwhile; each stream belongs to one
 * thread at a time, and any number of them may use a model at once. KR_SHAPE: the horizon, a size
 * of the structure; KR_USAGE: a season below 0 or above KR_ZEROSHOT_SEASON; KR_MEMORY.
 */
KR_API kr_status kr_zeroshot_stream_create(const kr_zeroshot *model,
                                           const kr_zeroshot_stream_options *options,
                                           kr_zeroshot_stream **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_zeroshot_stream_destroy(kr_zeroshot_stream *stream);
/* The next n values, a step apart; NaN: missing. KR_USAGE: one is infinite, and none is taken. Does
 * not allocate. */
KR_API kr_status kr_zeroshot_stream_push(kr_zeroshot_stream *stream, int64_t n,
                                         const double *values, kr_error *err);
/* Quantiles (KR_ZEROSHOT_QUANTILES, horizon) of what follows the last value, as those of
 * kr_zeroshot_forecast(). Does not allocate. */
KR_API void kr_zeroshot_stream_forecast(kr_zeroshot_stream *stream, double *quantiles);
/* Back to the start of a series. */
KR_API void kr_zeroshot_stream_reset(kr_zeroshot_stream *stream);

/* ---- training ------------------------------------------------------------------------------ */

/* The settings of `krait pretrain`, at their defaults. */
KR_API kr_status kr_zeroshot_settings_create(kr_settings **out, kr_error *err);
/* An untrained model, or with the setting `load` one that goes on from a trained one, whose sizes
 * it has. KR_USAGE when the settings do not fit together; they are copied. KR_IO, KR_FORMAT. */
KR_API kr_status kr_zeroshot_create(kr_team *team, const kr_settings *settings, kr_zeroshot **out,
                                    kr_error *err);

typedef enum kr_zeroshot_event_kind {
    KR_ZEROSHOT_STEP,     /* after every step: step of steps, loss, rate */
    KR_ZEROSHOT_EPOCH,    /* record; the state is saved */
    KR_ZEROSHOT_NONFINITE /* text */
} kr_zeroshot_event_kind;

typedef struct kr_zeroshot_event {
    kr_zeroshot_event_kind kind;
    int64_t epoch, epochs, step, steps;
    double loss, rate, seconds;
    const char *text;
    const kr_epoch_record *record;
} kr_zeroshot_event;

/* size is sizeof(kr_zeroshot_training). */
typedef struct kr_zeroshot_training {
    size_t size;
    const char *state; /* file of the state, saved after each epoch and when stopped; NULL: none */
    bool resumes;      /* continue from that file */
    void (*event)(void *arg, const kr_zeroshot_event *event); /* NULL: nobody listens */
    void *arg;
    /* Own series, n_own, of which the share `share` of the samples is; 0: simulated ones alone. Of
     * each the last tenth is kept for the validation loss, unless the setting `held` is 0. */
    const kr_zeroshot_series *own;
    int64_t n_own;
} kr_zeroshot_training;

/* Train on simulated series, and own ones, as the settings say: the same bits for any number of
 * workers and however often it was stopped. KR_USAGE: no own series has ten values, or one is none
 * for kr_zeroshot_forecast(); KR_INTERRUPTED: stopped, the state is saved; KR_NUMERIC; KR_IO. */
KR_API kr_status kr_zeroshot_train(kr_zeroshot *model, const kr_zeroshot_training *training,
                                   kr_error *err);

KR_END_DECLS

#endif
