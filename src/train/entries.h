/* SPDX-License-Identifier: MIT
 * entries.h - named arrays and texts between a training and a file: several source files of the
 * library add their own, and find them again by name.
 *
 * Arrays are views: their data belong to whoever adds them, and must live until the entries are
 * written. Names and texts are copied. */
#ifndef KR_ENTRIES_H
#define KR_ENTRIES_H

#include <kr/files.h>

#include "core/arena.h"
#include "core/real.h"
#include "core/text.h"

typedef struct kr_entries {
    kr_arena arena;
    kr_array *arrays;
    kr_text_pair *texts;
    int64_t n_arrays, n_texts, max_arrays, max_texts;
} kr_entries;

/* An all-zero kr_entries is valid and empty. */
void kr__entries_deinit(kr_entries *entries);

/* The element type of the model's numbers. */
extern const kr_dtype kr_real_dtype;

kr_status kr__entries_add(kr_entries *entries, const char *name, kr_dtype dtype, int rank,
                          const int64_t *shape, const void *data, kr_error *err);
kr_status kr__entries_add_text(kr_entries *entries, const char *key, const char *value,
                               kr_error *err);
kr_status kr__entries_add_int(kr_entries *entries, const char *key, int64_t value, kr_error *err);
/* With all its digits. */
kr_status kr__entries_add_real(kr_entries *entries, const char *key, double value, kr_error *err);

/* NULL: there is none. */
const kr_array *kr__entries_find(const kr_entries *entries, const char *name);
const char *kr__entries_value(const kr_entries *entries, const char *key);
/* n numbers of that name into out; KR_FORMAT: missing, or of another size. */
kr_status kr__entries_read(const kr_entries *entries, const char *name, int64_t n, kr_real *out,
                           kr_error *err);
/* "NAME is missing or damaged" */
kr_status kr__entries_fail(const char *name, kr_error *err);

/* All entries of file, as views: it must live as long. */
kr_status kr__entries_view(const kr_safetensors *file, kr_entries *entries, kr_error *err);
kr_status kr__entries_write(const kr_entries *entries, const char *path, kr_error *err);
/* *bytes are to be freed with kr_free. */
kr_status kr__entries_write_memory(const kr_entries *entries, void **bytes, size_t *n_bytes,
                                   kr_error *err);

#endif
