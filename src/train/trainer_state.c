/* SPDX-License-Identifier: MIT
 * trainer_state.c - the state of a training as named arrays and texts, and back; docs/checkpoint.md
 * describes the format.
 *
 * Version 1 is what `krait run` and `krait train` wrote when each had its own format. It has no
 * training.version; in that of `krait train` the best parameters are one vector, training.best. */
#include "core/arena.h"
#include "core/flags.h"
#include "core/real.h"
#include "core/text.h"
#include "train/trainer.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/trainer_internal.h"

static const char version_now[] = "2";

/* ---- the numbers of the state, one list for both directions ----------------------------- */

typedef struct state_field {
    const char *key;
    int64_t *integer; /* or */
    double *real;
    double least, most;  /* of a real */
    bool is_new;         /* not in version 1, where read_old() sets it */
    const char *old_key; /* its other name in version 1, or NULL */
} state_field;

enum { N_STATE = 10 };

static void list_state(kr_training_state *s, state_field fields[N_STATE]) {
    const state_field list[N_STATE] = {
        {.key = "state.epoch", .integer = &s->epoch},
        {.key = "state.step", .integer = &s->step},
        {.key = "state.good_steps", .integer = &s->good_steps, .is_new = true},
        {.key = "state.global_step", .integer = &s->global_step},
        {.key = "state.adam_step", .integer = &s->optimiser.step},
        {.key = "state.loss_sum", .real = &s->loss_sum, .least = -DBL_MAX, .most = DBL_MAX},
        {.key = "state.epoch_seconds", .real = &s->epoch_seconds, .most = DBL_MAX},
        {.key = "state.counter", .integer = &s->stop.counter, .is_new = true},
        {.key = "state.best",
         .real = &s->stop.best,
         .least = -DBL_MAX,
         .most = (double)INFINITY, /* none yet */
         .old_key = "state.best_validation"},
        {.key = "state.best_epoch", .integer = &s->best_epoch, .is_new = true}};
    memcpy(fields, list, sizeof list);
}

static bool parse_field(const state_field *f, const char *text) {
    char *end = NULL;
    double number = kr__text_strtod(text, &end);
    if (end == text || *end) return false;
    if (f->real) {
        *f->real = number;
        return number >= f->least && number <= f->most;
    }
    if (!(number >= 0 && number < 9e15 && number == floor(number))) return false;
    *f->integer = (int64_t)number;
    return true;
}

/* ---- listing ---------------------------------------------------------------------------- */

static kr_status list_vectors(const kr_trainer *t, kr_entries *e, kr_error *err) {
    const kr_params *params = t->params;
    const int64_t shape[1] = {params->size};
    const kr_real *best = t->shows_best ? params->values : t->state.best;
    const kr_real *current = t->shows_best ? t->state.best : params->values;
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        KR_TRY(
            kr__entries_add(e, p->name, kr_real_dtype, p->rank, p->shape, best + p->offset, err));
    }
    KR_TRY(kr__entries_add(e, "training.current", kr_real_dtype, 1, shape, current, err));
    if (t->state.mean) {
        KR_TRY(kr__entries_add(e, "training.mean", kr_real_dtype, 1, shape, t->state.mean, err));
    }
    KR_TRY(
        kr__entries_add(e, "training.adam_m", kr_real_dtype, 1, shape, t->state.optimiser.m, err));
    return kr__entries_add(e, "training.adam_v", kr_real_dtype, 1, shape, t->state.optimiser.v,
                           err);
}

kr_status kr__trainer_list(const kr_trainer *trainer, kr_entries *entries, kr_error *err) {
    kr_training_state state =
        trainer->state; /* a copy, because the list of fields serves both directions */
    const int64_t shape[2] = {state.n_records, KR_RECORD_FIELDS};
    KR_TRY(list_vectors(trainer, entries, err));
    double *records =
        kr__arena_alloc(&entries->arena, (size_t)(shape[0] * shape[1]) + 1, sizeof *records);
    if (!records) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    kr__records_pack(state.records, state.n_records, records);
    KR_TRY(kr__entries_add(entries, "training.records", KR_DTYPE_F64, 2, shape, records, err));
    KR_TRY(kr__entries_add_text(entries, "training.version", version_now, err));
    state_field fields[N_STATE];
    list_state(&state, fields);
    for (int i = 0; i < N_STATE; i++) {
        const state_field *f = &fields[i];
        KR_TRY(f->integer ? kr__entries_add_int(entries, f->key, *f->integer, err)
                          : kr__entries_add_real(entries, f->key, *f->real, err));
    }
    return kr__entries_add_int(entries, "state.is_finished", trainer->is_finished, err);
}

/* ---- resuming --------------------------------------------------------------------------- */

/* n numbers, each from `least` to DBL_MAX, or to infinity where that may be. */
static kr_status read_numbers(const kr_entries *e, const char *name, int64_t n, double least,
                              bool may_overflow, kr_real *out, kr_error *err) {
    KR_TRY(kr__entries_read(e, name, n, out, err));
    for (int64_t i = 0; i < n; i++) {
        double value = (double)out[i];
        if (value >= least && (value <= DBL_MAX || may_overflow)) continue;
        return kr_fail(err, KR_FORMAT, "%s holds a number that is %s", name,
                       isfinite(value) ? "negative" : "not finite");
    }
    return KR_OK;
}

static kr_status read_finite(const kr_entries *e, const char *name, int64_t n, kr_real *out,
                             kr_error *err) {
    return read_numbers(e, name, n, -DBL_MAX, false, out, err);
}

/* Means of squares, which may be too large for a float. */
static kr_status read_squares(const kr_entries *e, const char *name, int64_t n, kr_real *out,
                              kr_error *err) {
    return read_numbers(e, name, n, 0, true, out, err);
}

/* Parameters by name; in an old state they may be one vector, which holds nothing until there is a
 * best model. */
static kr_status read_best(kr_trainer *t, const kr_entries *e, kr_error *err) {
    if (kr__entries_find(e, "training.best")) {
        if (t->state.best_epoch == 0) return KR_OK;
        return read_finite(e, "training.best", t->params->size, t->state.best, err);
    }
    for (int i = 0; i < t->params->count; i++) {
        const kr_param *p = &t->params->list[i];
        KR_TRY(read_finite(e, p->name, p->size, t->state.best + p->offset, err));
    }
    return KR_OK;
}

static kr_status read_records(kr_trainer *t, const kr_entries *e, kr_error *err) {
    const kr_array *a = kr__entries_find(e, "training.records");
    int64_t n = kr__records_count(a);
    if (n < 0) return kr__entries_fail("training.records", err);
    if (n > t->config.epochs) {
        return kr_fail(err, KR_USAGE, "has already had %lld epochs, more than the %lld asked for",
                       (long long)n, (long long)t->config.epochs);
    }
    kr__records_unpack(a, t->config.best_is_strict, t->state.records);
    t->state.n_records = n;
    return KR_OK;
}

/* Set what version 1 does not hold: it knows no skipped steps, and the records give the rest. */
static void read_old(kr_training_state *s) {
    s->good_steps = s->step;
    s->best_epoch = 0;
    for (int64_t i = 0; i < s->n_records; i++) {
        if (s->records[i].is_best) s->best_epoch = s->records[i].epoch;
    }
    s->stop.counter = s->n_records - s->best_epoch;
}

static kr_status read_fields(kr_trainer *t, const kr_entries *e, bool is_old, kr_error *err) {
    state_field fields[N_STATE];
    list_state(&t->state, fields);
    for (int i = 0; i < N_STATE; i++) {
        const state_field *f = &fields[i];
        const char *text = kr__entries_value(e, f->key);
        if (is_old && f->is_new) continue;
        if (is_old && !text && f->old_key) text = kr__entries_value(e, f->old_key);
        if (!text || !parse_field(f, text)) return kr__entries_fail(f->key, err);
    }
    if (is_old) read_old(&t->state);
    return KR_OK;
}

static kr_status check_place(const kr_trainer *t, kr_error *err) {
    const kr_training_state *s = &t->state;
    bool is_consistent = s->epoch >= 1 && s->step <= t->n_steps && s->good_steps <= s->step &&
                         s->n_records == s->epoch - 1 && s->best_epoch <= s->n_records &&
                         s->stop.counter <= s->n_records &&
                         (s->best_epoch == 0 || isfinite(s->stop.best));
    if (is_consistent) return KR_OK;
    return kr_fail(err, KR_FORMAT, "its training state is damaged or belongs to another training");
}

kr_status kr__trainer_restore(kr_trainer *trainer, const kr_entries *entries, kr_error *err) {
    kr_trainer *t = trainer;
    kr_training_state *s = &t->state;
    const kr_params *params = t->params;
    const char *version = kr__entries_value(entries, "training.version");
    if (version && strcmp(version, version_now) != 0) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "has version %s of the training state, this program reads %s", version,
                       version_now);
    }
    KR_TRY(read_records(t, entries, err));
    KR_TRY(read_fields(t, entries, !version, err));
    KR_TRY(check_place(t, err));
    KR_TRY(read_best(t, entries, err));
    KR_TRY(read_finite(entries, "training.current", params->size, params->values, err));
    if (s->mean) KR_TRY(read_finite(entries, "training.mean", params->size, s->mean, err));
    KR_TRY(read_finite(entries, "training.adam_m", params->size, s->optimiser.m, err));
    KR_TRY(read_squares(entries, "training.adam_v", params->size, s->optimiser.v, err));
    /* Today's settings decide whether it is finished: they may ask for more epochs or patience. */
    s->stop.has_best = s->best_epoch > 0;
    s->stop.must_stop = s->stop.patience > 0 && s->stop.counter >= s->stop.patience;
    t->is_finished = kr__trainer_find_ending(t) != KR_ENDING_NONE;
    return KR_OK;
}

/* ---- settings --------------------------------------------------------------------------- */

static kr_status compare_settings(const kr_flag_table *table, const void *was, const void *now,
                                  const char *except_name, kr_error *err) {
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        bool may_differ =
            flag->traits & KR_SETTING_FREE || (except_name && strcmp(flag->name, except_name) == 0);
        char before[KR_FLAG_TEXT], after[KR_FLAG_TEXT];
        kr__flag_get(flag, was, before, sizeof before);
        kr__flag_get(flag, now, after, sizeof after);
        if (strcmp(before, after) == 0 || may_differ) continue;
        return kr_fail(err, KR_USAGE,
                       "was trained with `%s` %s, not %s; give the same settings to `resume`, or "
                       "train again",
                       flag->name, *before ? before : "\"\"", *after ? after : "\"\"");
    }
    return KR_OK;
}

kr_status kr__trainer_check_settings(const kr_flag_table *table, const char *json, const void *now,
                                     const char *except_name, kr_error *err) {
    if (!json) return kr_fail(err, KR_FORMAT, "holds no settings");
    void *was = kr__calloc(1, table->size);
    if (!was) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    kr_status status = kr__flags_from_json(table, json, strlen(json), was, err);
    if (status == KR_OK) status = compare_settings(table, was, now, except_name, err);
    kr_free(was);
    return status;
}
