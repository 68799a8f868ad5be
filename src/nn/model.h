/* SPDX-License-Identifier: MIT
 * model.h - the forecasting models: a window in, a forecast out.
 *
 * A model is one file, which defines a kr__model_kind, and one row in models.inc. All lists of
 * models and all differences between models come from these two. */
#ifndef KR_MODEL_H
#define KR_MODEL_H

#include "nn/layers.h"

typedef struct kr__model_config {
    const char *model; /* a name in models.inc */
    int64_t seq_len, pred_len;
    int64_t n_channels; /* columns of the input: the first n_future, .., the last n_outputs, which
                           may be all */
    int64_t n_outputs;  /* columns that are forecast */
    int64_t n_future;   /* columns whose values over the forecast are known; not forecast */
    int64_t n_marks;
    int64_t patch_len, d_model, e_layers;
    int64_t cycle; /* steps of a learned cycle of the columns that are forecast; 0: none */
    int64_t moving_avg, season; /* steps: window of a trend (odd), period of a season */
    double dropout;
    bool use_norm;
    int64_t n_quantiles; /* 0: a point forecast; else quantiles rise, 0.5 among them */
    double quantiles[KR_QUANTILES_MAX];
    kr_encoder_config encoder;
} kr__model_config;

typedef struct kr__model_in {
    kr_tensor x;      /* (B, seq_len, n_channels) */
    kr_tensor mark;   /* (B, seq_len, n_marks) or KR_NONE */
    kr_tensor future; /* (B, pred_len, n_future) or KR_NONE: the first columns, in the units of x */
    kr_tensor phase;  /* with a cycle: (B, 1, 1), the place of x's first step in it */
} kr__model_in;

/* ---- a model ---------------------------------------------------------------------------- */

/* A model with marks also uses the settings that make marks of dates. */
#define KR_USES_MARKS "freq embed"

typedef struct kr__model_kind {
    /* -> (B, pred_len, n_outputs), with quantiles (B, n_quantiles, pred_len, n_outputs),
     * contiguous. Models that learn nothing give no quantiles and ignore future and cycle. */
    kr_tensor (*build)(kr_builder *b, const kr__model_config *config, const kr__model_in *in);
    /* Can it be built with these settings? KR_USAGE with a sentence that names the flags. Called
     * before the data are read, so n_channels and the like are 0. NULL: all settings are fine. */
    kr_status (*check)(const kr__model_config *config, kr_error *err);
    /* Rows of the matrix products that a sample takes. NULL: one for each column forecast. */
    int64_t (*rows)(const kr__model_config *config);
    bool learns; /* it has parameters */
    /* The settings of the group "model" that it uses, and KR_USES_MARKS: names with blanks between
     * them. A person who gives another is told so. NULL: none. */
    const char *uses;
    /* A parameter that only files of this model have; NULL: there is none. */
    const char *sign;
} kr__model_kind;

/* What the row in models.inc says. */
typedef struct kr__model_row {
    const char *name;
    const kr__model_kind *kind;
    bool in_fit, in_bench, beside_refit;
} kr__model_row;

/* Rows by number, from 0, NULL after the last; by name, NULL when there is none. */
const kr__model_row *kr__model_row_at(int i);
const kr__model_row *kr__model_find(const char *name);

/* Their names, of all ("a|b") or of those that bench takes ("a,b"); constants, so that tables
 * of flags can be made of them. */
extern const char kr__model_names[], kr__models_in_bench[];
#define KR_MODEL_CHOICES (kr__model_names + 1)
#define KR_MODELS_IN_BENCH (kr__models_in_bench + 1)

/* ---- the model that config->model names --------------------------------------------------- */

bool kr__model_learns(const char *model);
/* Is the setting one that kind.uses names? */
bool kr__model_uses(const char *model, const char *setting);
kr_status kr__model_check(const kr__model_config *config, kr_error *err);
int64_t kr__model_rows(const kr__model_config *config);
kr_tensor kr__model_build(kr_builder *b, const kr__model_config *config, const kr__model_in *in);

/* Number of the quantile 0.5, which is the point forecast; 0 without quantiles. */
int64_t kr__model_middle(const kr__model_config *config);

#endif
