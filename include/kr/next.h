/* SPDX-License-Identifier: MIT
 * next.h - train MambaSynth's next-step model: what `krait train` does.
 *
 * The library computes and keeps the model; it tells an observer what happens and gives a result.
 * Printing, logs and figures are the caller's. */
#ifndef KR_NEXT_H
#define KR_NEXT_H

#include <kr/epoch_record.h>
#include <kr/flags.h>
#include <kr/profile.h>
#include <kr/series.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* Fields named as the flags in next_flags.inc. Strings are in place. */
typedef struct kr_next_config {
#define KR_FLAG_LIST <kr/next_flags.inc>
#include <kr/flags.inc>
} kr_next_config;

KR_API const kr_flag_table *kr_next_flags(void);
/* The same behind a handle (kr/settings.h). */
KR_API kr_status kr_next_settings_create(kr_settings **out, kr_error *err);
KR_API const kr_old_flag *kr_next_old_flags(int *count);
/* Do the settings fit together? KR_USAGE if not. */
KR_API kr_status kr_next_config_check(const kr_next_config *config, kr_error *err);

typedef enum kr_next_event_kind {
    KR_NEXT_DATA,    /* windows, n_train; n_features */
    KR_NEXT_MODEL,   /* n_parameters; n_gates of them */
    KR_NEXT_RESUMED, /* epoch, step, records */
    KR_NEXT_STEP,    /* after every step: step of steps, loss */
    KR_NEXT_EPOCH,   /* records: the last one is new; is_last; text: why before its time, or NULL */
    KR_NEXT_NONFINITE, /* text: a sentence; the step was skipped, or the model rolled back */
    KR_NEXT_PROGRESS   /* step of steps while validating */
} kr_next_event_kind;

typedef struct kr_next_event {
    kr_next_event_kind kind;
    int64_t windows, n_train, n_features, n_parameters, n_gates;
    int64_t epoch, epochs, step, steps;
    double loss, seconds;
    const kr_epoch_record *records; /* n_records of them, of all epochs so far */
    int64_t n_records;
    bool is_last; /* epoch */
    const char *text;
} kr_next_event;

typedef struct kr_next_observer {
    void (*event)(void *arg, const kr_next_event *event);
    void *arg;
} kr_next_observer;

enum { KR_NEXT_SAMPLES = 3 };

typedef struct kr_next_result {
    kr_series *series;
    int64_t n_windows, n_train, n_parameters, n_gates;
    kr_epoch_record *epochs;
    int64_t n_epochs;
    int64_t best_epoch;
    double best_validation; /* or that of `eval` */
    double tokens_per_s;    /* steps of windows trained a second; 0 when none was */
    double step_ms;         /* median of a training step */
    double train_seconds;   /* training and validation together */
    char resume_path[KR_FLAG_TEXT + 40];

    /* Windows for pictures: forecasts one step ahead by the best model. */
    int n_samples;
    int64_t sample_start[KR_NEXT_SAMPLES]; /* first step in series */
    float *pred;                           /* (n_samples, seq_len, n_features) */

    kr_profile *profile; /* NULL when not asked for */
} kr_next_result;

/* Train, or with config->eval load and validate. On KR_INTERRUPTED the state is saved and err says
 * how to resume. observer may be NULL. */
KR_API kr_status kr_next_run(kr_team *team, const kr_next_config *config,
                             const kr_next_observer *observer, kr_next_result **out, kr_error *err);
KR_API void kr_next_result_destroy(kr_next_result *result);

KR_END_DECLS

#endif
