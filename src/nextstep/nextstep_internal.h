/* SPDX-License-Identifier: MIT
 * nextstep_internal.h - what the parts of a next-step model share. */
#ifndef KR_NEXTSTEP_INTERNAL_H
#define KR_NEXTSTEP_INTERNAL_H

#include <kr/files.h>
#include <kr/nextstep.h>

#include "core/arena.h"
#include "core/real.h"
#include "core/text.h"
#include "core/torch_random.h"
#include "files/tree.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_objective.h"
#include "nextstep/series_internal.h"
#include "nn/mamba_stack.h"
#include "train/trainer.h"

typedef struct kr__nextstep_session kr__nextstep_session;

struct kr_nextstep {
    kr_team *team;
    kr_nextstep_config config; /* its shape is always the model's */
    kr_settings *settings;     /* the same */
    bool has_settings;         /* false: the file held none, these are defaults */
    kr__stack *stack;
    kr_nextstep_shape shape;
    kr_text_pair *texts; /* n_texts of the file, all in arena */
    int64_t n_texts;
    /* How the table was read that it was trained on, and the names of its columns, a line each;
     * NULL: not known. In arena. */
    const char *reading, *columns;
    kr_arena arena;
    kr_epoch_record best; /* of the epoch that the parameters come from; epoch 0: none */
    kr_epoch_record *records;
    int64_t n_records;
    kr_profile *profile;
    kr__nextstep_session *stopped; /* a training that can be continued; NULL: there is none */
};

/* The checked values of settings as a structure, valid until the settings are changed or destroyed.
 * nextstep_config.c */
kr_status kr__nextstep_config_view(const kr_settings *settings, const kr_nextstep_config **out,
                                   kr_error *err);

/* The parameters of the gates, x_proj and dt_proj, by parts of their names. */
#define KR__NEXTSTEP_GATES ".mamba.x_proj.,.mamba.dt_proj."
/* Is this one of them? nextstep_write.c */
bool kr__nextstep_is_gate(const char *name);

/* ---- a training or an evaluation, nextstep_session.c -------------------------------------- */

struct kr__nextstep_session {
    kr_nextstep *model;
    kr_team *team;
    const kr_nextstep_config *config; /* the model's */
    const kr_nextstep_observer *observer;
    const char *checkpoint, *state; /* files, or NULL */
    const kr_series *series;
    kr__nextstep_task task;
    kr_engine *engine;
    int64_t n_windows, n_train;
    int64_t *windows;               /* n_train for training, then those for validation */
    kr_torch_rng order, jitter;     /* as the current epoch began */
    kr_trainer *trainer;            /* NULL: nothing is trained */
    struct kr__nextstep_pass *pass; /* of the trainer, nextstep_train.c */
    bool has_model;                 /* this training has written checkpoint, or continued from it */
    bool has_state;                 /* the same of state */
    char series_mark[80];           /* of which series the state is: sizes and a hash */
    uint64_t series_hash;
};

/* NULL is fine. */
void kr__nextstep_session_destroy(kr__nextstep_session *s);

/* ---- nextstep_train.c -------------------------------------------------------------------- */

/* Hand event to the observer, if there is one. */
void kr__nextstep_tell(const kr__nextstep_session *s, kr_nextstep_event event);
/* Make s->trainer and, if resumes, bring it into the state that `state` holds. */
kr_status kr__nextstep_train_open(kr__nextstep_session *s, bool resumes, kr_error *err);
/* Train until done or interrupted (KR_INTERRUPTED, saved); then the engine's parameters are the
 * best ones. Tells the observer if it continues a training. */
kr_status kr__nextstep_train_run(kr__nextstep_session *s, bool resumes, kr_error *err);
void kr__nextstep_train_close(kr__nextstep_session *s);
/* Mean of the batches' mean losses over the validation windows, in order. */
kr_status kr__nextstep_validate(kr__nextstep_session *s, kr_torch_rng *jitter, double *loss,
                                kr_error *err);

/* nextstep_state.c: the file of the state, and s->trainer back in that state. */
kr_status kr__nextstep_state_save(const kr__nextstep_session *s, kr_error *err);
kr_status kr__nextstep_state_resume(kr__nextstep_session *s, kr_error *err);

/* ---- the model file: nextstep_file.c reads, nextstep_write.c writes ------------------------ */

/* The shape of the model in a file, from its tensors. */
kr_status kr__nextstep_file_config(const kr_tensor_file *file, kr__nextstep_model_config *config,
                                   kr_error *err);
/* The settings that the file holds, or defaults where it holds none, or none of krait's: not
 * *are_told. KR_MEMORY. */
kr_status kr__nextstep_file_settings(const kr_tensor_file *file, kr_nextstep_config *settings,
                                     bool *are_told, kr_error *err);
kr_status kr__nextstep_file_load(kr_tensor_file *file, kr_params *params, kr_error *err);

/* nextstep_source.c: keep how the series was read and the names of its columns; entries of the
 * open dictionary with these keys, where they are not NULL. */
#define KR__NEXTSTEP_READING "krait_reading"
#define KR__NEXTSTEP_COLUMNS "krait_columns"
kr_status kr__nextstep_keep_source(kr_nextstep *model, const kr_series *series, kr_error *err);
void kr__nextstep_put_source(kr__tree *tree, const char *reading, const char *columns);

/* What a file of a model is made of. */
typedef struct kr__nextstep_contents {
    const kr_nextstep *model;
    const kr_params *params; /* names and places */
    const kr_real *values;
    const kr_optimiser *optimiser; /* NULL: is not written */
    const kr_epoch_record *record;
} kr__nextstep_contents;
kr_status kr__nextstep_write(const kr__nextstep_contents *contents, const char *path,
                             kr_error *err);
/* Settings as entries of the open dictionary; an empty text is None, like the original's --eval. */
void kr__nextstep_put_settings(kr__tree *tree, const kr_nextstep_config *config);

#endif
