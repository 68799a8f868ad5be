/* SPDX-License-Identifier: MIT
 * npz.c - numpy's zip of named arrays. Members whose names do not end in ".npy" are ignored. */
#include <kr/files.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/array_internal.h"
#include "files/zip_archive.h"
#include "files/zip_writer.h"

struct kr_npz {
    kr__zip *zip;
    kr_arena arena; /* the names */
    int64_t count;
    struct {
        const char *name; /* without ".npy" */
        int64_t member;
    } * rows;
};

static const char suffix[] = ".npy";
enum { N_SUFFIX = sizeof suffix - 1 };

/* ---- reading ---------------------------------------------------------------------------- */

static kr_status list_members(kr_npz *npz, kr_error *err) {
    int64_t n = kr__zip_count(npz->zip);
    npz->rows = kr__arena_alloc(&npz->arena, (size_t)n, sizeof *npz->rows);
    if (!npz->rows) goto no_memory;
    for (int64_t i = 0; i < n; i++) {
        const char *full = kr__zip_name(npz->zip, i);
        size_t length = strlen(full);
        if (length <= N_SUFFIX || strcmp(full + length - N_SUFFIX, suffix) != 0) continue;
        char *name = kr__arena_strdup(&npz->arena, full);
        if (!name) goto no_memory;
        name[length - N_SUFFIX] = '\0';
        npz->rows[npz->count].name = name;
        npz->rows[npz->count++].member = i;
    }
    return KR_OK;
no_memory:
    return kr_fail(err, KR_MEMORY, "%s: out of memory", kr__zip_path(npz->zip));
}

static kr_status open_zip(kr__zip *zip, kr_npz **out, kr_error *err) {
    kr_npz *npz = kr__calloc(1, sizeof *npz);
    if (!npz) {
        kr_status status = kr_fail(err, KR_MEMORY, "%s: out of memory", kr__zip_path(zip));
        kr__zip_close(zip);
        return status;
    }
    npz->zip = zip;
    kr_status status = list_members(npz, err);
    if (status == KR_OK) {
        *out = npz;
    } else {
        kr_npz_close(npz);
    }
    return status;
}

kr_status kr_npz_open(const char *path, kr_npz **out, kr_error *err) {
    kr__zip *zip = NULL;
    KR_TRY(kr__zip_open(path, &zip, err));
    return open_zip(zip, out, err);
}

kr_status kr_npz_open_memory(const char *name, const void *bytes, size_t n_bytes, kr_npz **out,
                             kr_error *err) {
    kr__zip *zip = NULL;
    KR_TRY(kr__zip_open_memory(name, bytes, n_bytes, &zip, err));
    return open_zip(zip, out, err);
}

void kr_npz_close(kr_npz *npz) {
    if (!npz) return;
    kr__zip_close(npz->zip);
    kr__arena_deinit(&npz->arena);
    kr_free(npz);
}

int64_t kr_npz_count(const kr_npz *npz) { return npz->count; }

const char *kr_npz_name(const kr_npz *npz, int64_t i) {
    return i >= 0 && i < npz->count ? npz->rows[i].name : NULL;
}

static int64_t find_row(const kr_npz *npz, const char *name) {
    int64_t i = 0;
    while (i < npz->count && strcmp(npz->rows[i].name, name) != 0) i++;
    return i < npz->count ? i : -1;
}

bool kr_npz_has(const kr_npz *npz, const char *name) { return find_row(npz, name) >= 0; }

static kr_status fail_missing(const kr_npz *npz, const char *name, kr_error *err) {
    char list[256] = "no array at all", quote[KR_QUOTE_SIZE];
    size_t used = 0;
    for (int64_t i = 0; i < npz->count && used < sizeof list - KR_QUOTE_SIZE - 4; i++) {
        const char *other = npz->rows[i].name;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 kr__quote(other, strlen(other), quote));
        if (i + 1 < npz->count) snprintf(list + used, sizeof list - used, ", ..");
    }
    return kr_fail(err, KR_FORMAT, "%s: has no array \"%s\"; it has %s", kr__zip_path(npz->zip),
                   name, list);
}

kr_status kr_npz_get(kr_npz *npz, const char *name, kr_array *out, kr_error *err) {
    int64_t row = find_row(npz, name);
    if (row < 0) return fail_missing(npz, name, err);
    kr__source source;
    kr_array array = {0};
    char quote[KR_QUOTE_SIZE], place[sizeof err->text];
    KR_TRY(kr__zip_member_open(npz->zip, npz->rows[row].member, &source, err));
    snprintf(place, sizeof place, "%s, array \"%s\"", kr__zip_path(npz->zip),
             kr__quote(name, strlen(name), quote));
    source.name = place;
    kr_status status = kr__npy_parse(&source, name, &array, err);
    status = kr__zip_member_close(&source, status, err);
    if (status == KR_OK) {
        *out = array;
    } else {
        kr_array_deinit(&array);
    }
    return status;
}

/* ---- writing ---------------------------------------------------------------------------- */

/* The elements in little-endian order: the array's own, or *turned, to be freed. */
static kr_status get_little(const kr_array *array, const void **data, void **turned,
                            kr_error *err) {
    size_t bytes = (size_t)array->n * array->item_size, unit = kr__turn_size(array);
    *data = array->data;
    if (unit == 1) return KR_OK;
    *data = *turned = kr__calloc(bytes, 1);
    if (!*turned) return kr_fail(err, KR_MEMORY, "no memory for its elements");
    memcpy(*turned, array->data, bytes);
    kr__swap_bytes(*turned, bytes / unit, unit);
    return KR_OK;
}

static kr_status add_member(kr__zip_writer *writer, const kr_array *array, void **turned,
                            bool deflate, kr_error *err) {
    char name[512], header[KR_NPY_HEADER_SIZE];
    size_t n_header = 0;
    const void *data = NULL;
    if (!array->name || strlen(array->name) + N_SUFFIX >= sizeof name) {
        return kr_fail(err, KR_USAGE, "an array has no name, or one above 500 bytes");
    }
    kr_status status = kr__npy_header(array, header, &n_header, err);
    if (status == KR_OK) status = get_little(array, &data, turned, err);
    if (status != KR_OK) {
        kr_error_prefix(err, "array \"%s\"", array->name);
        return status;
    }
    snprintf(name, sizeof name, "%s%s", array->name, suffix);
    return kr__zip_writer_add(writer, name, header, n_header, data,
                              (size_t)array->n * array->item_size, deflate, err);
}

kr_status kr_npz_write(const char *path, const kr_array *arrays, int64_t n, bool deflate,
                       kr_error *err) {
    kr__zip_writer *writer = NULL;
    void **turned = kr__calloc((size_t)n, sizeof *turned);
    kr_status status = turned ? kr__zip_writer_create(&writer, err)
                              : kr_fail(err, KR_MEMORY, "out of memory for an archive");
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        status = add_member(writer, &arrays[i], &turned[i], deflate, err);
    }
    if (status != KR_OK) {
        kr_error_prefix(err, "%s", path);
    } else {
        status = kr__zip_writer_commit(writer, path, err);
    }
    kr__zip_writer_destroy(writer);
    for (int64_t i = 0; turned && i < n; i++) kr_free(turned[i]);
    kr_free(turned);
    return status;
}
