/* SPDX-License-Identifier: MIT
 * tensor_file.c - one view of all model files. A format is a row of formats.inc. */
#include <kr/files.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "files/tensor_format.h"
#include "files/tensor_load.h"

static const kr__tensor_format *const formats[] = {
#define KR_TENSOR_FORMAT(name) &kr__tensor_format_##name,
#include "files/formats.inc"
#undef KR_TENSOR_FORMAT
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

struct kr_tensor_file {
    const kr__tensor_format *format;
    void *handle;
    kr_arena arena;
    const char *path;
    int64_t count;
    struct shown {
        kr_array info; /* its name lies behind the prefixes of the handle's name */
        int64_t i;     /* number in the handle */
    } * shown;
};

/* ---- names ------------------------------------------------------------------------------ */

/* Does something follow the prefix? */
static bool has_prefix(const char *text, const char *prefix) {
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 && text[n] != '\0';
}

/* If any tensor has this prefix, keep only those that have it, without it. */
static bool keep_prefix(kr_tensor_file *file, const char *prefix) {
    int64_t n = 0;
    for (int64_t i = 0; i < file->count; i++) {
        if (!has_prefix(file->shown[i].info.name, prefix)) continue;
        file->shown[n] = file->shown[i];
        file->shown[n++].info.name += strlen(prefix);
    }
    if (n > 0) file->count = n;
    return n > 0;
}

/* Take a prefix off when all tensors have it and something after it. */
static bool drop_prefix(kr_tensor_file *file, const char *prefix) {
    for (int64_t i = 0; i < file->count; i++) {
        if (!has_prefix(file->shown[i].info.name, prefix)) return false;
    }
    for (int64_t i = 0; i < file->count; i++) file->shown[i].info.name += strlen(prefix);
    return file->count > 0;
}

static kr_status list_tensors(kr_tensor_file *file, const char *path, kr_error *err) {
    file->count = file->format->count(file->handle);
    file->path = kr__arena_strdup(&file->arena, path);
    file->shown = kr__arena_alloc(&file->arena, (size_t)file->count + 1, sizeof *file->shown);
    if (!file->path || !file->shown) return kr_fail(err, KR_MEMORY, "%s: out of memory", path);
    for (int64_t i = 0; i < file->count; i++) {
        file->shown[i].info = *file->format->info(file->handle, i);
        file->shown[i].info.data = NULL;
        file->shown[i].i = i;
    }
    if (!keep_prefix(file, KR__TREE_MODEL ".")) keep_prefix(file, "state_dict.");
    while (drop_prefix(file, "module.") || drop_prefix(file, "_orig_mod.")) {
    }
    return KR_OK;
}

/* ---- opening ---------------------------------------------------------------------------- */

/* Of no format: "is neither a checkpoint of PyTorch (.pth, .pt) nor a safetensors file". */
static kr_status find_format(const char *name, const uint8_t front[KR__FORMAT_FRONT],
                             const kr__tensor_format **form, kr_error *err) {
    char nouns[256] = "";
    size_t used = 0;
    for (int i = 0; i < N_FORMATS; i++) {
        if (formats[i]->probe(front)) {
            *form = formats[i];
            return KR_OK;
        }
        if (used >= sizeof nouns) continue;
        used += (size_t)snprintf(nouns + used, sizeof nouns - used, "%s %s",
                                 i == 0 ? "neither" : " nor", formats[i]->noun);
    }
    return kr_fail(err, KR_FORMAT, "%s: is %s", name, nouns);
}

/* Takes over handle, also when it fails. */
static kr_status make_view(const char *path, const kr__tensor_format *form, void *handle,
                           kr_tensor_file **out, kr_error *err) {
    kr_tensor_file *file = kr__calloc(1, sizeof *file);
    if (!file) {
        form->close(handle);
        return kr_fail(err, KR_MEMORY, "%s: out of memory", path);
    }
    file->format = form;
    file->handle = handle;
    kr_status status = list_tensors(file, path, err);
    if (status == KR_OK) {
        *out = file;
    } else {
        kr_tensor_file_close(file);
    }
    return status;
}

kr_status kr_tensor_file_open(const char *path, kr_tensor_file **out, kr_error *err) {
    FILE *stream = NULL;
    size_t n_bytes = 0;
    uint8_t front[KR__FORMAT_FRONT] = {0};
    void *handle = NULL;
    const kr__tensor_format *form = NULL;
    KR_TRY(kr__file_open(path, PTRDIFF_MAX, &stream, &n_bytes, err));
    size_t n = fread(front, 1, sizeof front, stream);
    bool failed = n < sizeof front && ferror(stream);
    fclose(stream);
    if (failed) return kr_fail(err, KR_IO, "%s: cannot be read", path);
    KR_TRY(find_format(path, front, &form, err));
    KR_TRY(form->open(path, &handle, err));
    return make_view(path, form, handle, out, err);
}

kr_status kr_tensor_file_open_memory(const char *name, const void *bytes, size_t n_bytes,
                                     kr_tensor_file **out, kr_error *err) {
    uint8_t front[KR__FORMAT_FRONT] = {0};
    void *handle = NULL;
    const kr__tensor_format *form = NULL;
    if (n_bytes > 0) memcpy(front, bytes, n_bytes < sizeof front ? n_bytes : sizeof front);
    KR_TRY(find_format(name, front, &form, err));
    KR_TRY(form->open_memory(name, bytes, n_bytes, &handle, err));
    return make_view(name, form, handle, out, err);
}

void kr_tensor_file_close(kr_tensor_file *file) {
    if (!file) return;
    file->format->close(file->handle);
    kr__arena_deinit(&file->arena);
    kr_free(file);
}

/* ---- what it holds ---------------------------------------------------------------------- */

const char *kr_tensor_file_format(const kr_tensor_file *file) { return file->format->name; }
const char *kr_tensor_file_path(const kr_tensor_file *file) { return file->path; }
int64_t kr_tensor_file_count(const kr_tensor_file *file) { return file->count; }

const kr_array *kr_tensor_file_info(const kr_tensor_file *file, int64_t i) {
    return i >= 0 && i < file->count ? &file->shown[i].info : NULL;
}

int64_t kr_tensor_file_find(const kr_tensor_file *file, const char *name) {
    for (int64_t i = 0; i < file->count; i++) {
        if (strcmp(file->shown[i].info.name, name) == 0) return i;
    }
    return -1;
}

static kr_status check_number(const kr_tensor_file *file, int64_t i, kr_error *err) {
    if (i >= 0 && i < file->count) return KR_OK;
    return kr_fail(err, KR_USAGE, "%s: has no tensor number %lld", file->path, (long long)i);
}

kr_status kr_tensor_file_get(kr_tensor_file *file, int64_t i, kr_array *out, kr_error *err) {
    kr_array a;
    KR_TRY(check_number(file, i, err));
    const struct shown *shown = &file->shown[i];
    KR_TRY(file->format->get(file->handle, shown->i, &a, err));
    size_t n = strlen(shown->info.name), all = strlen(a.name);
    memmove(a.name, a.name + all - n, n + 1); /* without the prefixes */
    *out = a;
    return KR_OK;
}

kr_status kr__tensor_file_load(kr_tensor_file *file, int64_t i, kr_real *out, kr_error *err) {
    KR_TRY(check_number(file, i, err));
    const kr__tensor_format *form = file->format;
    int64_t number = file->shown[i].i;
    if (form->load) return form->load(file->handle, number, out, err);
    kr_array array;
    KR_TRY(form->get(file->handle, number, &array, err));
    kr_status status = kr__array_to_real(&array, out, err);
    kr_array_deinit(&array);
    return status;
}

int64_t kr_tensor_file_n_metadata(const kr_tensor_file *file) {
    return file->format->n_metadata(file->handle);
}

kr_text_pair kr_tensor_file_metadata(const kr_tensor_file *file, int64_t i) {
    return file->format->metadata(file->handle, i);
}

const char *kr_tensor_file_value(const kr_tensor_file *file, const char *key) {
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(file); i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        if (strcmp(pair.key, key) == 0) return pair.value;
    }
    return NULL;
}

/* ---- writing ---------------------------------------------------------------------------- */

const kr__tensor_format *kr__tensor_format_of(const char *path) {
    for (int i = 0; i < N_FORMATS; i++) {
        if (formats[i]->write && kr__text_ends_in(path, formats[i]->endings)) return formats[i];
    }
    return NULL;
}

const char *kr__tensor_format_endings(char *text, size_t size) {
    char all[256] = "";
    size_t used = 0;
    for (int i = 0; i < N_FORMATS && used < sizeof all; i++) {
        if (!formats[i]->write) continue;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? "|" : "",
                                 formats[i]->endings);
    }
    return kr__text_choices(all, text, size);
}
