/* SPDX-License-Identifier: MIT
 * entries.c - named arrays and texts between a training and a file. */
#include "train/entries.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "core/arena.h"
#include "core/text.h"

#include "core/real.h"
#include "files/safetensors_memory.h"

const kr_dtype kr_real_dtype = sizeof(kr_real) == 4 ? KR_DTYPE_F32 : KR_DTYPE_F64;

void kr__entries_deinit(kr_entries *entries) {
    kr__arena_deinit(&entries->arena);
    *entries = (kr_entries){.n_arrays = 0};
}

/* ---- adding ----------------------------------------------------------------------------- */

static kr_status fail_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
}

/* Room for one more of n; the memory of the old list stays in the arena. */
static void *grow(kr_arena *arena, void *list, int64_t n, int64_t *max, size_t size) {
    if (n < *max) return list;
    int64_t room = *max > 0 ? 2 * *max : 64;
    void *larger = kr__arena_alloc(arena, (size_t)room, size);
    if (!larger) return NULL;
    if (n > 0) memcpy(larger, list, (size_t)n * size);
    *max = room;
    return larger;
}

kr_status kr__entries_add(kr_entries *entries, const char *name, kr_dtype dtype, int rank,
                          const int64_t *shape, const void *data, kr_error *err) {
    kr_entries *e = entries;
    kr_array *list = grow(&e->arena, e->arrays, e->n_arrays, &e->max_arrays, sizeof *list);
    char *copy = kr__arena_strdup(&e->arena, name);
    if (!list || !copy) return fail_memory(err);
    e->arrays = list;
    KR_TRY(kr_array_view(copy, dtype, rank, shape, data, &list[e->n_arrays], err));
    e->n_arrays++;
    return KR_OK;
}

kr_status kr__entries_add_text(kr_entries *entries, const char *key, const char *value,
                               kr_error *err) {
    kr_entries *e = entries;
    kr_text_pair *list = grow(&e->arena, e->texts, e->n_texts, &e->max_texts, sizeof *list);
    const kr_text_pair pair = {kr__arena_strdup(&e->arena, key),
                               kr__arena_strdup(&e->arena, value)};
    if (!list || !pair.key || !pair.value) return fail_memory(err);
    e->texts = list;
    list[e->n_texts++] = pair;
    return KR_OK;
}

kr_status kr__entries_add_int(kr_entries *entries, const char *key, int64_t value, kr_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return kr__entries_add_text(entries, key, text, err);
}

kr_status kr__entries_add_real(kr_entries *entries, const char *key, double value, kr_error *err) {
    char text[40];
    kr__text_print(text, sizeof text, "%.17g", value);
    return kr__entries_add_text(entries, key, text, err);
}

/* ---- finding ---------------------------------------------------------------------------- */

const kr_array *kr__entries_find(const kr_entries *entries, const char *name) {
    for (int64_t i = 0; i < entries->n_arrays; i++) {
        if (strcmp(entries->arrays[i].name, name) == 0) return &entries->arrays[i];
    }
    return NULL;
}

const char *kr__entries_value(const kr_entries *entries, const char *key) {
    for (int64_t i = 0; i < entries->n_texts; i++) {
        if (strcmp(entries->texts[i].key, key) == 0) return entries->texts[i].value;
    }
    return NULL;
}

kr_status kr__entries_fail(const char *name, kr_error *err) {
    return kr_fail(err, KR_FORMAT, "%s is missing or damaged", name);
}

kr_status kr__entries_read(const kr_entries *entries, const char *name, int64_t n, kr_real *out,
                           kr_error *err) {
    const kr_array *a = kr__entries_find(entries, name);
    if (!a || a->n != n) return kr__entries_fail(name, err);
#ifdef KR_REAL_DOUBLE
    return kr_array_to_double(a, out, err);
#else
    return kr_array_to_float(a, out, err);
#endif
}

/* ---- files ------------------------------------------------------------------------------ */

kr_status kr__entries_view(const kr_safetensors *file, kr_entries *entries, kr_error *err) {
    for (int64_t i = 0; i < kr_safetensors_count(file); i++) {
        const kr_array *a = kr_safetensors_array(file, i);
        KR_TRY(kr__entries_add(entries, a->name, a->dtype, a->rank, a->shape, a->data, err));
    }
    for (int64_t i = 0; i < kr_safetensors_n_metadata(file); i++) {
        kr_text_pair pair = kr_safetensors_metadata(file, i);
        KR_TRY(kr__entries_add_text(entries, pair.key, pair.value, err));
    }
    return KR_OK;
}

kr_status kr__entries_write(const kr_entries *entries, const char *path, kr_error *err) {
    return kr_safetensors_write(path, entries->arrays, entries->n_arrays, entries->texts,
                                entries->n_texts, err);
}

kr_status kr__entries_write_memory(const kr_entries *entries, void **bytes, size_t *n_bytes,
                                   kr_error *err) {
    return kr__safetensors_write_memory(entries->arrays, entries->n_arrays, entries->texts,
                                        entries->n_texts, bytes, n_bytes, err);
}
