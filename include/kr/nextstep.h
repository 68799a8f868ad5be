/* SPDX-License-Identifier: MIT
 * nextstep.h - a causal model of one long series, which forecasts at every step the next one.
 * Create it, train it, let it continue a series, look inside, keep it in a file.
 *
 *     kr_settings *settings = NULL;
 *     kr_nextstep *model = NULL;
 *     KR_TRY(kr_nextstep_settings_create(&settings, err));
 *     KR_TRY(kr_settings_set_int(settings, "seq_len", 256, err));
 *     KR_TRY(kr_nextstep_create(team, settings, n_features, &model, err));
 *     KR_TRY(kr_nextstep_train(model, series, NULL, NULL, err));
 *     KR_TRY(kr_nextstep_save(model, "model.safetensors", err));
 *
 * The model is MambaSynth's: Mamba blocks with heads that forecast 1, 2, 4 .. steps ahead. Nothing
 * here reads or writes a file that the caller has not named. The model computes with the team it
 * was created with, which must outlive it. While it is trained, nothing else may use the model;
 * otherwise any number of threads may look at it and run streams and chunks of it, each of which
 * belongs to one thread at a time.
 *
 * Arrays are float, row after row; a step is n_features values. Layers count from 0. */
#ifndef KR_NEXTSTEP_H
#define KR_NEXTSTEP_H

#include <kr/series.h>
#include <kr/settings.h>
#include <kr/team.h>
#include <kr/training.h>

KR_BEGIN_DECLS

typedef struct kr_nextstep kr_nextstep;

/* ---- settings ---------------------------------------------------------------------------- */

/* Those of `krait train`, at their defaults: kr/settings.h reads, sets and lists them. */
KR_API kr_status kr_nextstep_settings_create(kr_settings **out, kr_error *err);
/* Do they fit together? KR_USAGE if not, or when they are not of this list. */
KR_API kr_status kr_nextstep_settings_check(const kr_settings *settings, kr_error *err);

/* ---- a model ----------------------------------------------------------------------------- */

/* A model with the initial values that PyTorch draws for the original's model. The settings are
 * copied; those that name files are ignored here. KR_USAGE when they do not fit together. */
KR_API kr_status kr_nextstep_create(kr_team *team, const kr_settings *settings, int64_t n_features,
                                    kr_nextstep **out, kr_error *err);
/* From a .pt, .pth or .safetensors file of `krait train` or MambaSynth, old ones too. The settings
 * that the file holds are read as well (see kr_nextstep_train()). */
KR_API kr_status kr_nextstep_open(kr_team *team, const char *path, kr_nextstep **out,
                                  kr_error *err);
/* bytes are not needed afterwards. name is what sentences call them. */
KR_API kr_status kr_nextstep_open_memory(kr_team *team, const char *name, const void *bytes,
                                         size_t n_bytes, kr_nextstep **out, kr_error *err);
/* Read the parameters of a file into an existing model. KR_FORMAT, KR_SHAPE: it holds another
 * model. */
KR_API kr_status kr_nextstep_load(kr_nextstep *model, const char *path, kr_error *err);
/* The ending of path decides the format, as for kr_convert(); an ending that names no format gives
 * the original's dictionary for PyTorch. The file is replaced whole or not at all. */
KR_API kr_status kr_nextstep_save(const kr_nextstep *model, const char *path, kr_error *err);
/* The .safetensors file as bytes, to be freed with kr_free. */
KR_API kr_status kr_nextstep_save_memory(const kr_nextstep *model, void **bytes, size_t *n_bytes,
                                         kr_error *err);
/* NULL is fine. Destroy its streams and chunks first. */
KR_API void kr_nextstep_destroy(kr_nextstep *model);

/* Later versions add fields at the end. */
typedef struct kr_nextstep_shape {
    int64_t n_features;
    int64_t d_model, n_layers, d_inner, d_state, d_conv;
    int64_t d_ff, max_horizon; /* of the heads */
    int64_t n_parameters;
    int64_t n_gates;    /* of them in x_proj and dt_proj */
    int64_t state_size; /* values that the model remembers of the steps before */
} kr_nextstep_shape;
KR_API const kr_nextstep_shape *kr_nextstep_shape_of(const kr_nextstep *model);
/* The settings it was created with, or those that its file holds. */
KR_API const kr_settings *kr_nextstep_settings(const kr_nextstep *model);
/* A metadata text of the file that the model came from ("epoch", "args.seq_len"); NULL: there is
 * none. */
KR_API const char *kr_nextstep_value(const kr_nextstep *model, const char *key);
/* How the table was read that it was trained on, for kr_rows_options.reading of kr_series_options;
 * NULL: not known. Valid until the model is trained again or destroyed. */
KR_API const char *kr_nextstep_reading(const kr_nextstep *model);
/* Are the series' columns called as those it was trained on, in the same order? KR_USAGE: they are
 * not. KR_OK also where one of them has no names. */
KR_API kr_status kr_nextstep_check_columns(const kr_nextstep *model, const kr_series *series,
                                           kr_error *err);

/* All parameters in one vector of n values, some of it padding. They may be read and changed. */
KR_API float *kr_nextstep_parameters(kr_nextstep *model, int64_t *n);
/* Where in that vector the parameter of this name ("layers.0.mamba.A_log") begins, and its count of
 * values; -1: there is none.
 */
KR_API int64_t kr_nextstep_find(const kr_nextstep *model, const char *name, int64_t *count);

/* ---- training ---------------------------------------------------------------------------- */

typedef enum kr_nextstep_event_kind {
    KR_NEXTSTEP_DATA,      /* windows, n_train; n_features */
    KR_NEXTSTEP_MODEL,     /* n_parameters; n_gates of them */
    KR_NEXTSTEP_RESUMED,   /* epoch, step, records */
    KR_NEXTSTEP_STEP,      /* after every step: step of steps, loss */
    KR_NEXTSTEP_EPOCH,     /* records: the last one is new; is_last; text: why it ends early */
    KR_NEXTSTEP_NONFINITE, /* text: a sentence; the step was skipped, or the model rolled back */
    KR_NEXTSTEP_PROGRESS   /* step of steps while validating */
} kr_nextstep_event_kind;

/* Later versions add fields at the end. */
typedef struct kr_nextstep_event {
    kr_nextstep_event_kind kind;
    int64_t windows, n_train, n_features, n_parameters, n_gates;
    int64_t epoch, epochs, step, steps;
    double loss, seconds;
    const kr_epoch_record *records; /* n_records of them, of all epochs so far */
    int64_t n_records;
    bool is_last;     /* epoch */
    const char *text; /* or NULL */
} kr_nextstep_event;

/* size is sizeof(kr_nextstep_observer). */
typedef struct kr_nextstep_observer {
    size_t size;
    void (*event)(void *arg, const kr_nextstep_event *event); /* NULL: nobody listens */
    void *arg;
} kr_nextstep_observer;

/* size is sizeof(kr_nextstep_training); all else zero: no observer, no file. */
typedef struct kr_nextstep_training {
    size_t size;
    const kr_nextstep_observer *observer;
    /* The file for the best model, written whenever there is a better one, as by
     * kr_nextstep_save(); PyTorch's format includes the state of the optimiser. NULL: none. */
    const char *checkpoint;
    /* The file for the state, written after every epoch and when asked to stop; NULL: none. */
    const char *state;
    /* Continue a training, with the bits of one that was never stopped: from the file `state`, or,
     * without one, from where this model's training was stopped in memory. The settings must be the
     * same as before; only epochs, patience, max_seconds and on_nan may differ. */
    bool resumes;
} kr_nextstep_training;

/* The result of a training or an evaluation. size is sizeof(kr_nextstep_report). */
typedef struct kr_nextstep_report {
    size_t size;
    int64_t n_windows, n_train;
    int64_t best_epoch;     /* 0: none was trained */
    double best_validation; /* loss: mean of the batches' mean squared errors */
    double tokens_per_s;    /* time steps trained per second; 0 when none was */
    double step_ms;         /* median of a training step */
    double train_seconds;   /* training and validation together */
} kr_nextstep_report;

/* Train on windows of the series and keep the parameters of the best validation loss.
 * KR_INTERRUPTED: the team was asked to stop; KR_NUMERIC: a number was not finite, or no epoch gave
 * a model. KR_SHAPE: the series has another number of features. KR_USAGE: it is shorter than a
 * window, or the model comes from a file without settings: create one with settings, and
 * kr_nextstep_load() the file into it. After a failure the parameters are what they were. training
 * and report may be NULL. */
KR_API kr_status kr_nextstep_train(kr_nextstep *model, const kr_series *series,
                                   const kr_nextstep_training *training, kr_nextstep_report *report,
                                   kr_error *err);
/* The loss over the windows that a training on this series would validate on. */
KR_API kr_status kr_nextstep_evaluate(kr_nextstep *model, const kr_series *series,
                                      const kr_nextstep_observer *observer,
                                      kr_nextstep_report *report, kr_error *err);

/* The records of all epochs of the last training, those before an interruption included. */
KR_API const kr_epoch_record *kr_nextstep_records(const kr_nextstep *model, int64_t *n);
/* Where the time of the last training or evaluation went; NULL unless the setting profile is on. */
KR_API const kr_profile *kr_nextstep_profile(const kr_nextstep *model);

/* ---- one step after the other ------------------------------------------------------------ */

/* A series that arrives step by step: observed steps are pushed, and the model may generate more.
 * Time and memory of a step do not depend on how many came before. */
typedef struct kr_nextstep_stream kr_nextstep_stream;

/* The settings of `krait generate`, which lets a stream generate. */
KR_API kr_status kr_generate_settings_create(kr_settings **out, kr_error *err);

/* Standard normal numbers: the next n of them into out. */
typedef void (*kr_noise_fn)(void *arg, int64_t n, float *out);

/* size is sizeof(kr_nextstep_stream_options); all else zero: forecasts without noise. */
typedef struct kr_nextstep_stream_options {
    size_t size;
    double temperature; /* deviation of the noise on every generated step */
    /* Every perturb_interval generated steps (0: never) a burst of noise starts: perturb_duration
     * steps long, with deviation perturb_scale. With perturb_hidden the noise is added to the
     * outputs of the first perturb_layers layers (0: of all), so that it changes the forecasts made
     * during the burst, but nothing that the model remembers. */
    int64_t perturb_interval, perturb_duration;
    double perturb_scale;
    bool perturb_hidden;
    int64_t perturb_layers;
    uint64_t seed;     /* of the noise */
    kr_noise_fn noise; /* another source of noise; NULL: from seed */
    void *noise_arg;
} kr_nextstep_stream_options;

/* options NULL: the defaults. KR_USAGE: more layers than the model has. The stream keeps the
 * parameters as they are now: after a change of them create another one. */
KR_API kr_status kr_nextstep_stream_create(const kr_nextstep *model,
                                           const kr_nextstep_stream_options *options,
                                           kr_nextstep_stream **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_nextstep_stream_destroy(kr_nextstep_stream *stream);

/* Push n observed steps, (n, n_features). Does not allocate. */
KR_API void kr_nextstep_stream_push(kr_nextstep_stream *stream, int64_t n, const float *x);
/* The forecast of the next step, (n_features); zeros before the first one is pushed. Valid until
 * the next call. */
KR_API const float *kr_nextstep_stream_forecast(const kr_nextstep_stream *stream);
/* Generate a step into out (n_features): the forecast plus noise. From then on it counts as
 * observed. Does not allocate. */
KR_API void kr_nextstep_stream_generate(kr_nextstep_stream *stream, float *out);

/* Copy what the model remembers of the steps so far, (state_size), and its forecast of the next
 * one, (n_features), out of a stream, and back into this or another stream of the same model, now
 * or in another process. Noise and bursts go on as they were. */
KR_API void kr_nextstep_stream_state(const kr_nextstep_stream *stream, float *state,
                                     float *forecast);
KR_API void kr_nextstep_stream_restore(kr_nextstep_stream *stream, const float *state,
                                       const float *forecast);
/* Back to the start of a series; the noise goes on. */
KR_API void kr_nextstep_stream_reset(kr_nextstep_stream *stream);

/* ---- chunks, with gradients -------------------------------------------------------------- */

/* Runs the model on chunks of one length, with the state in the caller's hands. Chunks of any
 * lengths give what one pass over the whole series gives. Backward takes the gradient of the state
 * after a chunk and gives that of the state before it: this is truncated back-propagation through
 * time, over series of any length in the memory of one chunk. examples/stream.c is a whole
 * program. */
typedef struct kr_nextstep_chunk kr_nextstep_chunk;

/* size is sizeof(kr_nextstep_chunk_options). */
typedef struct kr_nextstep_chunk_options {
    size_t size;
    int64_t n_steps;    /* of a chunk */
    int64_t batch;      /* series side by side; 0: 1 */
    bool with_backward; /* kr_nextstep_chunk_backward() will be called */
} kr_nextstep_chunk_options;

/* The chunk uses the model's parameters, so later changes to them take effect. */
KR_API kr_status kr_nextstep_chunk_create(const kr_nextstep *model,
                                          const kr_nextstep_chunk_options *options,
                                          kr_nextstep_chunk **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_nextstep_chunk_destroy(kr_nextstep_chunk *chunk);

/* x (batch, n_steps, n_features) -> y of the same shape: the forecasts one step ahead. state,
 * state_after (batch, state_size), may be the same array; state NULL: the start of a series;
 * state_after NULL: not wanted. Does not allocate. */
KR_API void kr_nextstep_chunk_forward(kr_nextstep_chunk *chunk, const float *x, const float *state,
                                      float *y, float *state_after);
/* The backward pass of the last forward. In: the gradients of y and of the state after it (NULL:
 * zero). Out: those of x and of the state before it (either NULL: not wanted); those of the
 * parameters are added to grad_parameters, which is laid out like kr_nextstep_parameters().
 * KR_USAGE: the chunk was made without backward. */
KR_API kr_status kr_nextstep_chunk_backward(kr_nextstep_chunk *chunk, const float *grad_y,
                                            const float *grad_state_after, float *grad_x,
                                            float *grad_state, float *grad_parameters,
                                            kr_error *err);

/* ---- what goes on inside ----------------------------------------------------------------- */

/* What can be seen of a step, and how many values it has. */
typedef enum kr_inside {
    KR_INSIDE_LAYER,  /* output of a layer, residual included: d_model */
    KR_INSIDE_HIDDEN, /* output of its Mamba block, before the residual: d_model */
    KR_INSIDE_DELTA,  /* step size of the scan, after the softplus: d_inner */
    KR_INSIDE_Z_GATE, /* SiLU(z), which gates the output: d_inner */
    KR_INSIDE_B,      /* input to state: d_state */
    KR_INSIDE_C,      /* state to output: d_state */
    KR_INSIDE_X_CONV, /* input of the scan, after convolution and SiLU: d_inner */
    KR_INSIDE_OUTPUT, /* the forecast one step ahead, whatever the layer: n_features */
    KR_INSIDE_COUNT
} kr_inside;
KR_API int64_t kr_inside_width(const kr_nextstep *model, kr_inside what);

/* One kind of value of one layer. Callers keep these in an array, so it never gets more fields. */
typedef struct kr_inside_want {
    kr_inside what;
    int64_t layer;
    float *out; /* (n_rows, kr_inside_width()): filled */
} kr_inside_want;

/* size is sizeof(kr_inside_request). */
typedef struct kr_inside_request {
    size_t size;
    int64_t n_steps; /* of the series */
    const float *x;  /* (n_steps, n_features) */
    /* Above 0: windows of that many steps, one after the other, each from an empty state, as
     * MambaSynth does; steps that fill no window are dropped. 0: one pass, with the state handed
     * on. */
    int64_t window;
    int64_t n_rows;
    const int64_t *rows; /* steps that are wanted, rising, below kr_inside_steps() */
    int64_t n_wants;
    const kr_inside_want *wants;
    bool (*progress)(void *arg, int64_t steps); /* steps done; false: stop. Or NULL */
    void *progress_arg;
} kr_inside_request;

/* Steps of a series that a request sees: all, or those of whole windows. */
KR_API int64_t kr_inside_steps(int64_t n_steps, int64_t window);

/* The series runs through the model chunk by chunk; only the values asked for are kept, so that
 * memory does not grow with its length. The same bits for any number of workers. KR_USAGE when a
 * layer or a row is out of range; KR_INTERRUPTED when progress returned false; out is then filled
 * in part. */
KR_API kr_status kr_nextstep_look(const kr_nextstep *model, const kr_inside_request *request,
                                  kr_error *err);

/* The settings of `krait evaluate` and `krait gates`, which look inside. */
KR_API kr_status kr_evaluate_settings_create(kr_settings **out, kr_error *err);
KR_API kr_status kr_gates_settings_create(kr_settings **out, kr_error *err);

/* ---- other formats ----------------------------------------------------------------------- */

/* What was carried. size is sizeof(kr_conversion). */
typedef struct kr_conversion {
    size_t size;
    int64_t n_tensors, n_values;
    bool is_nextstep;    /* a next-step model, laid out as its original's programs want it */
    bool left_optimiser; /* the state of a PyTorch optimiser was in the file, and is not carried */
} kr_conversion;

/* Tensors and metadata of `from` (.pt, .pth, .safetensors, found by content) into `to`, whose
 * ending says the format. Wrappers' prefixes are taken off the names. Any model's file will do.
 *
 *     to .safetensors    tensors; numbers and texts of a checkpoint as metadata ("args.d_model")
 *     to .pt, .pth       of a next-step model the original's dictionary: epoch, model_state_dict,
 *                        train_loss, val_loss, args, with heads under their newer names; of others
 *                        the tensors alone, as torch.save(model.state_dict()) leaves them. Of a
 *                        forecaster exactly the names of its original's state_dict: TimeStar's
 *                        table of positions is added, scaler and residuals stay behind
 *
 * Elements keep their type and bits. KR_USAGE: another ending, or from and to are one file. done
 * may be NULL. */
KR_API kr_status kr_convert(const char *from, const char *to, kr_conversion *done, kr_error *err);

KR_END_DECLS

#endif
