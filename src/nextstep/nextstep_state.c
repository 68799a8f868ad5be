/* SPDX-License-Identifier: MIT
 * nextstep_state.c - the file from which an interrupted training continues with the same bits.
 *
 *     parameters, training.*, state.*  the trainer's state (train/trainer.h)
 *     training.order, .jitter          generators as the epoch began: 624 words and the next one
 *     metadata                         format, version, config (JSON), series (steps, features,
 *                                      a hash of the values)
 *
 * docs/checkpoint.md describes the format. */
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "files/file_kind.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"

enum { RNG_WORDS = 625 };

static const char format_name[] = KR__FORMAT_NEXTSTEP_TRAINING, format_version[] = "1";

/* ---- saving ----------------------------------------------------------------------------- */

static kr_status add_rng(kr_entries *e, const char *name, const kr_torch_rng *rng, kr_error *err) {
    const int64_t shape[1] = {RNG_WORDS};
    uint32_t *words = kr__arena_alloc(&e->arena, RNG_WORDS, sizeof *words);
    if (!words) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    memcpy(words, rng->state, sizeof rng->state);
    words[RNG_WORDS - 1] = (uint32_t)rng->next;
    return kr__entries_add(e, name, KR_DTYPE_U32, 1, shape, words, err);
}

static kr_status add_config(kr_entries *e, const kr_nextstep_config *config, kr_error *err) {
    char *text = NULL;
    KR_TRY(kr__flags_to_json(kr__nextstep_flags(), config, &text, err));
    kr_status status = kr__entries_add_text(e, "config", text, err);
    kr_free(text);
    return status;
}

static kr_status collect(kr_entries *e, const kr__nextstep_session *s, kr_error *err) {
    KR_TRY(kr__trainer_list(s->trainer, e, err));
    KR_TRY(add_rng(e, "training.order", &s->order, err));
    KR_TRY(add_rng(e, "training.jitter", &s->jitter, err));
    KR_TRY(kr__entries_add_text(e, "format", format_name, err));
    KR_TRY(kr__entries_add_text(e, "version", format_version, err));
    KR_TRY(kr__entries_add_text(e, "krait", KR_VERSION_STRING, err));
    KR_TRY(kr__entries_add_text(e, "series", s->series_mark, err));
    return add_config(e, s->config, err);
}

kr_status kr__nextstep_state_save(const kr__nextstep_session *s, kr_error *err) {
    kr_entries entries = {.n_arrays = 0};
    kr_status status = collect(&entries, s, err);
    if (status == KR_OK) status = kr__entries_write(&entries, s->state, err);
    kr__entries_deinit(&entries);
    return status;
}

/* ---- resuming --------------------------------------------------------------------------- */

static kr_status check_format(const kr_entries *e, kr_error *err) {
    const char *format = kr__entries_value(e, "format"), *version = kr__entries_value(e, "version");
    if (!format || strcmp(format, format_name) != 0) {
        return kr_fail(err, KR_FORMAT, "is not the state of a training");
    }
    if (version && strcmp(version, format_version) == 0) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED, "has version %s of the format, this program reads %s",
                   version ? version : "?", format_version);
}

static kr_status read_rng(const kr_entries *e, const char *name, kr_torch_rng *rng, kr_error *err) {
    const kr_array *a = kr__entries_find(e, name);
    uint32_t words[RNG_WORDS];
    if (!a || a->n != RNG_WORDS || a->dtype != KR_DTYPE_U32) return kr__entries_fail(name, err);
    memcpy(words, a->data, sizeof words);
    if (words[RNG_WORDS - 1] > RNG_WORDS - 1) return kr__entries_fail(name, err);
    memcpy(rng->state, words, sizeof rng->state);
    rng->next = (int32_t)words[RNG_WORDS - 1];
    return KR_OK;
}

/* States of before do not know their series. */
static kr_status check_series(const kr__nextstep_session *s, const kr_entries *e, kr_error *err) {
    const char *was = kr__entries_value(e, "series");
    if (!was || strcmp(was, s->series_mark) == 0) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "was trained on a series with other values; give the same one to `resume`, or "
                   "train again");
}

static kr_status read_entries(kr__nextstep_session *s, const kr_entries *e, kr_error *err) {
    KR_TRY(check_format(e, err));
    KR_TRY(kr__trainer_check_settings(kr__nextstep_flags(), kr__entries_value(e, "config"),
                                      s->config, NULL, err));
    KR_TRY(check_series(s, e, err));
    KR_TRY(read_rng(e, "training.order", &s->order, err));
    KR_TRY(read_rng(e, "training.jitter", &s->jitter, err));
    return kr__trainer_restore(s->trainer, e, err);
}

kr_status kr__nextstep_state_resume(kr__nextstep_session *s, kr_error *err) {
    kr_safetensors *file = NULL;
    kr_entries entries = {.n_arrays = 0};
    if (!kr__file_exists(s->state)) {
        return kr_fail(err, KR_IO,
                       "%s: no such file, so there is nothing to continue; leave `resume` out to "
                       "start",
                       s->state);
    }
    KR_TRY(kr_safetensors_read(s->state, &file, err));
    kr_status status = kr__entries_view(file, &entries, err);
    if (status == KR_OK) status = read_entries(s, &entries, err);
    if (status != KR_OK) kr_error_prefix(err, "%s", s->state);
    kr__entries_deinit(&entries);
    kr_safetensors_destroy(file);
    return status;
}
