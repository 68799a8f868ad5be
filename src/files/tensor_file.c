/* SPDX-License-Identifier: MIT
 * tensor_file.c - one view of all model files. A format is a row in `formats`. */
#include <kr/files.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "files/pth.h"
#include "files/tensor_load.h"

enum { FRONT = 16 };

typedef struct format {
    const char *name;
    bool (*probe)(const uint8_t front[FRONT]); /* the first bytes, zeros behind the end */
    kr_status (*open)(const char *path, void **handle, kr_error *err);
    kr_status (*open_memory)(const char *name, const void *bytes, size_t n_bytes, void **handle,
                             kr_error *err);
    void (*close)(void *handle);
    int64_t (*count)(const void *handle);
    const kr_array *(*info)(const void *handle, int64_t i);
    kr_status (*get)(void *handle, int64_t i, kr_array *out, kr_error *err);
    kr_status (*load)(void *handle, int64_t i, kr_real *out, kr_error *err);
    int64_t (*n_metadata)(const void *handle);
    kr_text_pair (*metadata)(const void *handle, int64_t i);
} format;

struct kr_tensor_file {
    const format *format;
    void *handle;
    kr_arena arena;
    const char *path;
    int64_t count;
    struct shown {
        kr_array info; /* its name lies behind the prefixes of the handle's name */
        int64_t i;     /* number in the handle */
    } * shown;
};

/* ---- PyTorch ---------------------------------------------------------------------------- */

/* Also the bare pickles of old versions: opening refuses them with a sentence. */
static bool probe_pth(const uint8_t front[FRONT]) {
    return memcmp(front, "PK\x03\x04", 4) == 0 || memcmp(front, "\x80\x02\x8a", 3) == 0;
}

static kr_status open_pth(const char *path, void **handle, kr_error *err) {
    kr_pth *opened = NULL;
    KR_TRY(kr__pth_open(path, &opened, err));
    *handle = opened;
    return KR_OK;
}

static kr_status open_pth_memory(const char *name, const void *bytes, size_t n_bytes, void **handle,
                                 kr_error *err) {
    kr_pth *opened = NULL;
    KR_TRY(kr__pth_open_memory(name, bytes, n_bytes, &opened, err));
    *handle = opened;
    return KR_OK;
}

static void close_pth(void *handle) { kr__pth_close(handle); }
static int64_t count_pth(const void *handle) { return kr__pth_count(handle); }

static const kr_array *info_pth(const void *handle, int64_t i) { return kr__pth_info(handle, i); }

static kr_status get_pth(void *handle, int64_t i, kr_array *out, kr_error *err) {
    return kr__pth_get(handle, i, out, err);
}

static kr_status load_pth(void *handle, int64_t i, kr_real *out, kr_error *err) {
    kr_array array;
    KR_TRY(kr__pth_get(handle, i, &array, err));
    kr_status status = kr__array_to_real(&array, out, err);
    kr_array_deinit(&array);
    return status;
}

static int64_t n_metadata_pth(const void *handle) { return kr__pth_n_metadata(handle); }

static kr_text_pair metadata_pth(const void *handle, int64_t i) {
    return kr__pth_metadata(handle, i);
}

/* ---- safetensors ------------------------------------------------------------------------ */

static bool probe_safetensors(const uint8_t front[FRONT]) { return front[8] == '{'; }

static kr_status open_safetensors(const char *path, void **handle, kr_error *err) {
    kr_safetensors *opened = NULL;
    KR_TRY(kr_safetensors_read(path, &opened, err));
    *handle = opened;
    return KR_OK;
}

static kr_status open_safetensors_memory(const char *name, const void *bytes, size_t n_bytes,
                                         void **handle, kr_error *err) {
    kr_safetensors *opened = NULL;
    KR_TRY(kr_safetensors_read_memory(name, bytes, n_bytes, &opened, err));
    *handle = opened;
    return KR_OK;
}

static void close_safetensors(void *handle) { kr_safetensors_destroy(handle); }
static int64_t count_safetensors(const void *handle) { return kr_safetensors_count(handle); }

static const kr_array *info_safetensors(const void *handle, int64_t i) {
    return kr_safetensors_array(handle, i);
}

static kr_status get_safetensors(void *handle, int64_t i, kr_array *out, kr_error *err) {
    kr_array a = *kr_safetensors_array(handle, i);
    size_t n_bytes = (size_t)a.n * a.item_size, n_name = strlen(a.name) + 1;
    void *data = kr__calloc(n_bytes + 1, 1);
    char *name = kr__calloc(n_name, 1);
    if (!data || !name) {
        kr_free(data);
        kr_free(name);
        return kr_fail(err, KR_MEMORY, "%s: out of memory", a.name);
    }
    if (n_bytes > 0) memcpy(data, a.data, n_bytes);
    memcpy(name, a.name, n_name);
    a.data = data;
    a.name = name;
    *out = a;
    return KR_OK;
}

static kr_status load_safetensors(void *handle, int64_t i, kr_real *out, kr_error *err) {
    return kr__array_to_real(kr_safetensors_array(handle, i), out, err);
}

static int64_t n_metadata_safetensors(const void *handle) {
    return kr_safetensors_n_metadata(handle);
}

static kr_text_pair metadata_safetensors(const void *handle, int64_t i) {
    return kr_safetensors_metadata(handle, i);
}

static const format formats[] = {
    {"PyTorch checkpoint", probe_pth, open_pth, open_pth_memory, close_pth, count_pth, info_pth,
     get_pth, load_pth, n_metadata_pth, metadata_pth},
    {"safetensors", probe_safetensors, open_safetensors, open_safetensors_memory, close_safetensors,
     count_safetensors, info_safetensors, get_safetensors, load_safetensors, n_metadata_safetensors,
     metadata_safetensors},
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

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
    if (!keep_prefix(file, "model_state_dict.")) keep_prefix(file, "state_dict.");
    while (drop_prefix(file, "module.") || drop_prefix(file, "_orig_mod.")) {
    }
    return KR_OK;
}

/* ---- opening ---------------------------------------------------------------------------- */

static const format *find_format(const uint8_t front[FRONT]) {
    for (int i = 0; i < N_FORMATS; i++) {
        if (formats[i].probe(front)) return &formats[i];
    }
    return NULL;
}

static kr_status fail_format(const char *name, kr_error *err) {
    return kr_fail(err, KR_FORMAT,
                   "%s: is neither a checkpoint of PyTorch (.pth, .pt) nor a safetensors file",
                   name);
}

/* Takes over handle, also when it fails. */
static kr_status make_view(const char *path, const format *form, void *handle, kr_tensor_file **out,
                           kr_error *err) {
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
    uint8_t front[FRONT] = {0};
    void *handle = NULL;
    KR_TRY(kr__file_open(path, PTRDIFF_MAX, &stream, &n_bytes, err));
    size_t n = fread(front, 1, sizeof front, stream);
    bool failed = n < sizeof front && ferror(stream);
    fclose(stream);
    if (failed) return kr_fail(err, KR_IO, "%s: cannot be read", path);
    const format *form = find_format(front);
    if (!form) return fail_format(path, err);
    KR_TRY(form->open(path, &handle, err));
    return make_view(path, form, handle, out, err);
}

kr_status kr_tensor_file_open_memory(const char *name, const void *bytes, size_t n_bytes,
                                     kr_tensor_file **out, kr_error *err) {
    uint8_t front[FRONT] = {0};
    void *handle = NULL;
    if (n_bytes > 0) memcpy(front, bytes, n_bytes < FRONT ? n_bytes : FRONT);
    const format *form = find_format(front);
    if (!form) return fail_format(name, err);
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
    return file->format->load(file->handle, file->shown[i].i, out, err);
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
