/* SPDX-License-Identifier: MIT
 * safetensors.c - read and write safetensors files. */
#include <kr/files.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"
#include "core/memory_writer.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "files/safetensors_memory.h"

enum { FRONT = 8 };
static const char metadata_key[] = "__metadata__";

static const struct {
    const char *text;
    kr_dtype dtype;
} codes[] = {
    {"BOOL", KR_DTYPE_BOOL}, {"I8", KR_DTYPE_I8},   {"U8", KR_DTYPE_U8},     {"I16", KR_DTYPE_I16},
    {"U16", KR_DTYPE_U16},   {"I32", KR_DTYPE_I32}, {"U32", KR_DTYPE_U32},   {"I64", KR_DTYPE_I64},
    {"U64", KR_DTYPE_U64},   {"F16", KR_DTYPE_F16}, {"BF16", KR_DTYPE_BF16}, {"F32", KR_DTYPE_F32},
    {"F64", KR_DTYPE_F64},
};
enum { N_CODES = sizeof codes / sizeof *codes };

struct kr_safetensors {
    kr_arena arena; /* path, names, tables */
    const char *path;
    uint8_t *bytes; /* all of the file */
    size_t n_bytes;
    uint8_t *data; /* behind the header */
    size_t n_data;
    kr_array *arrays;
    int64_t n_arrays;
    kr_text_pair *metadata;
    int64_t n_metadata;
};

/* ---- header ----------------------------------------------------------------------------- */

static kr_status fail_entry(const kr_safetensors *file, const char *name, const char *what,
                            kr_error *err) {
    char quote[KR_QUOTE_SIZE];
    return kr_fail(err, KR_FORMAT, "%s: \"%s\" in its header: %s", file->path,
                   kr__quote(name, strlen(name), quote), what);
}

/* A whole number from 0 to 2^53, which JSON's double holds exactly. */
static bool get_size(const cJSON *item, int64_t *out) {
    if (!cJSON_IsNumber(item)) return false;
    double value = item->valuedouble;
    if (!(value >= 0 && value <= 0x1p53)) return false;
    *out = (int64_t)value;
    return (double)*out == value;
}

static kr_status parse_shape(const kr_safetensors *file, const cJSON *shape, kr_array *array,
                             kr_error *err) {
    if (!cJSON_IsArray(shape)) return fail_entry(file, array->name, "it has no shape", err);
    const cJSON *item;
    cJSON_ArrayForEach(item, shape) {
        if (array->rank == KR_ARRAY_MAX_RANK) {
            return fail_entry(file, array->name, "it has more than 8 axes", err);
        }
        if (!get_size(item, &array->shape[array->rank++])) {
            return fail_entry(file, array->name, "a size of its shape is not a whole number", err);
        }
    }
    return KR_OK;
}

static kr_status parse_dtype(const kr_safetensors *file, const cJSON *dtype, kr_array *array,
                             kr_error *err) {
    char quote[KR_QUOTE_SIZE];
    if (!cJSON_IsString(dtype)) return fail_entry(file, array->name, "it has no dtype", err);
    int i = 0;
    while (i < N_CODES && strcmp(codes[i].text, dtype->valuestring) != 0) i++;
    if (i == N_CODES) {
        return kr_fail(err, KR_UNSUPPORTED, "%s: tensor \"%s\" has the unknown type %s", file->path,
                       array->name,
                       kr__quote(dtype->valuestring, strlen(dtype->valuestring), quote));
    }
    array->dtype = codes[i].dtype;
    array->item_size = kr_dtype_size(array->dtype);
    return KR_OK;
}

static kr_status parse_tensor(kr_safetensors *file, const cJSON *item, kr_array *array,
                              kr_error *err) {
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    int64_t begin = 0, end = 0;
    size_t bytes = 0;
    array->name = kr__arena_strdup(&file->arena, item->string);
    if (!array->name) return kr_fail(err, KR_MEMORY, "%s: out of memory", file->path);
    if (*array->name == '\0') return fail_entry(file, "", "a tensor without a name", err);
    if (!cJSON_IsObject(item) || cJSON_GetArraySize(item) != 3) {
        return fail_entry(file, array->name, "it is not just dtype, shape and data_offsets", err);
    }
    KR_TRY(parse_dtype(file, cJSON_GetObjectItemCaseSensitive(item, "dtype"), array, err));
    KR_TRY(parse_shape(file, cJSON_GetObjectItemCaseSensitive(item, "shape"), array, err));
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !get_size(cJSON_GetArrayItem(offsets, 0), &begin) ||
        !get_size(cJSON_GetArrayItem(offsets, 1), &end) || begin > end) {
        return fail_entry(file, array->name, "its data_offsets are not two sizes in order", err);
    }
    if ((uint64_t)end > file->n_data) {
        return fail_entry(file, array->name, "it ends behind the end of the file, cut short?", err);
    }
    if (!kr__array_size(array->rank, array->shape, array->item_size, &array->n, &bytes) ||
        bytes != (size_t)(end - begin)) {
        return fail_entry(file, array->name, "its shape does not fit its data_offsets", err);
    }
    array->data = file->data + begin;
    return KR_OK;
}

static kr_status parse_metadata(kr_safetensors *file, const cJSON *object, kr_error *err) {
    if (!cJSON_IsObject(object) || file->metadata) {
        return fail_entry(file, metadata_key, "it is not a table of texts, or is there twice", err);
    }
    size_t n = (size_t)cJSON_GetArraySize(object);
    file->metadata = kr__arena_alloc(&file->arena, n + 1, sizeof *file->metadata);
    if (!file->metadata) return kr_fail(err, KR_MEMORY, "%s: out of memory", file->path);
    const cJSON *item;
    cJSON_ArrayForEach(item, object) {
        if (!cJSON_IsString(item)) return fail_entry(file, item->string, "it is not a text", err);
        kr_text_pair *pair = &file->metadata[file->n_metadata++];
        pair->key = kr__arena_strdup(&file->arena, item->string);
        pair->value = kr__arena_strdup(&file->arena, item->valuestring);
        if (!pair->key || !pair->value) {
            return kr_fail(err, KR_MEMORY, "%s: out of memory", file->path);
        }
    }
    return KR_OK;
}

/* ---- checks over all tensors ------------------------------------------------------------ */

static int by_name(const void *a, const void *b) {
    return strcmp((*(const kr_array *const *)a)->name, (*(const kr_array *const *)b)->name);
}

static int by_place(const void *a, const void *b) {
    const kr_array *x = *(const kr_array *const *)a, *y = *(const kr_array *const *)b;
    const char *x_data = x->data, *y_data = y->data;
    if (x_data != y_data) return x_data < y_data ? -1 : 1;
    return (x->n > 0) - (y->n > 0); /* empty ones lie in front */
}

/* No name twice; the elements fill the file without overlap and gap. */
static kr_status check_tensors(kr_safetensors *file, kr_error *err) {
    int64_t n = file->n_arrays;
    const kr_array **sorted = kr__arena_alloc(&file->arena, (size_t)n + 1, sizeof *sorted);
    if (!sorted) return kr_fail(err, KR_MEMORY, "%s: out of memory", file->path);
    for (int64_t i = 0; i < n; i++) sorted[i] = &file->arrays[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_name);
    for (int64_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            return fail_entry(file, sorted[i]->name, "the name is there twice", err);
        }
    }
    qsort(sorted, (size_t)n, sizeof *sorted, by_place);
    const uint8_t *place = file->data;
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *data = sorted[i]->data;
        if (data != place) {
            return fail_entry(file, sorted[i]->name, "it overlaps another tensor or leaves a gap",
                              err);
        }
        place = data + (size_t)sorted[i]->n * sorted[i]->item_size;
    }
    if (place != file->data + file->n_data) {
        return kr_fail(err, KR_FORMAT, "%s: has %zu bytes that belong to no tensor", file->path,
                       (size_t)(file->data + file->n_data - place));
    }
    return KR_OK;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* The header's length is checked against the file, its text parsed. */
static kr_status parse_front(kr_safetensors *file, cJSON **json, kr_error *err) {
    uint64_t length = 0;
    if (file->n_bytes < FRONT) {
        return kr_fail(err, KR_FORMAT, "%s: is not a safetensors file: too short", file->path);
    }
    for (int i = FRONT - 1; i >= 0; i--) length = length << 8 | file->bytes[i];
    if (length > file->n_bytes - FRONT || length > KR_SAFETENSORS_MAX_HEADER) {
        return kr_fail(err, KR_FORMAT,
                       "%s: is not a safetensors file, or cut short: its header claims %llu bytes; "
                       "%zu follow, %d are possible",
                       file->path, (unsigned long long)length, file->n_bytes - FRONT,
                       (int)KR_SAFETENSORS_MAX_HEADER);
    }
    const char *text = (const char *)file->bytes + FRONT, *end = text;
    file->data = file->bytes + FRONT + length;
    file->n_data = file->n_bytes - FRONT - (size_t)length;
    if (length > 0 && *text == '{' && kr__json_parse(text, length, json, &end) == KR_MEMORY) {
        return kr_fail(err, KR_MEMORY, "%s: out of memory for its header", file->path);
    }
    while (end < text + length && *end == ' ') end++;
    if (!cJSON_IsObject(*json) || end != text + length) {
        return kr_fail(err, KR_FORMAT, "%s: its header is not a valid JSON object, near byte %zu",
                       file->path, (size_t)(end - text) + FRONT);
    }
    return KR_OK;
}

static kr_status parse_file(kr_safetensors *file, kr_error *err) {
    cJSON *json = NULL;
    kr_status status = parse_front(file, &json, err);
    if (status != KR_OK) goto done;
    size_t n = (size_t)cJSON_GetArraySize(json);
    file->arrays = kr__arena_alloc(&file->arena, n + 1, sizeof *file->arrays);
    if (!file->arrays) {
        status = kr_fail(err, KR_MEMORY, "%s: out of memory", file->path);
        goto done;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, json) {
        if (strcmp(item->string, metadata_key) == 0) {
            status = parse_metadata(file, item, err);
        } else {
            status = parse_tensor(file, item, &file->arrays[file->n_arrays++], err);
        }
        if (status != KR_OK) goto done;
    }
    status = check_tensors(file, err);
    if (status != KR_OK || !KR_HOST_IS_BIG) goto done;
    for (int64_t i = 0; i < file->n_arrays; i++) {
        kr_array *array = &file->arrays[i];
        kr__swap_bytes(array->data, (size_t)array->n, array->item_size);
    }
done:
    cJSON_Delete(json);
    return status;
}

/* Takes over bytes, also when it fails. */
static kr_status open_bytes(const char *name, uint8_t *bytes, size_t n_bytes, kr_safetensors **out,
                            kr_error *err) {
    kr_status status;
    kr_safetensors *file = kr__calloc(1, sizeof *file);
    if (!file) {
        kr_free(bytes);
        return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    }
    file->bytes = bytes;
    file->n_bytes = n_bytes;
    file->path = kr__arena_strdup(&file->arena, name);
    if (file->path) {
        status = parse_file(file, err);
    } else {
        status = kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    }
    if (status == KR_OK) {
        *out = file;
    } else {
        kr_safetensors_destroy(file);
    }
    return status;
}

kr_status kr_safetensors_read(const char *path, kr_safetensors **out, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr__file_read(path, PTRDIFF_MAX, &bytes, &n_bytes, err));
    return open_bytes(path, bytes, n_bytes, out, err);
}

kr_status kr_safetensors_read_memory(const char *name, const void *bytes, size_t n_bytes,
                                     kr_safetensors **out, kr_error *err) {
    uint8_t *copy = kr__calloc(n_bytes, 1);
    if (!copy) return kr_fail(err, KR_MEMORY, "%s: no memory for %zu bytes", name, n_bytes);
    if (n_bytes > 0) memcpy(copy, bytes, n_bytes);
    return open_bytes(name, copy, n_bytes, out, err);
}

void kr_safetensors_destroy(kr_safetensors *file) {
    if (!file) return;
    kr_free(file->bytes);
    kr__arena_deinit(&file->arena);
    kr_free(file);
}

int64_t kr_safetensors_count(const kr_safetensors *file) { return file->n_arrays; }

const kr_array *kr_safetensors_array(const kr_safetensors *file, int64_t i) {
    return i >= 0 && i < file->n_arrays ? &file->arrays[i] : NULL;
}

const kr_array *kr_safetensors_find(const kr_safetensors *file, const char *name) {
    for (int64_t i = 0; i < file->n_arrays; i++) {
        if (strcmp(file->arrays[i].name, name) == 0) return &file->arrays[i];
    }
    return NULL;
}

int64_t kr_safetensors_n_metadata(const kr_safetensors *file) { return file->n_metadata; }

kr_text_pair kr_safetensors_metadata(const kr_safetensors *file, int64_t i) {
    return i >= 0 && i < file->n_metadata ? file->metadata[i] : (kr_text_pair){NULL, NULL};
}

const char *kr_safetensors_value(const kr_safetensors *file, const char *key) {
    for (int64_t i = 0; i < file->n_metadata; i++) {
        if (strcmp(file->metadata[i].key, key) == 0) return file->metadata[i].value;
    }
    return NULL;
}

/* ---- writing ---------------------------------------------------------------------------- */

/* Add value to object under key; takes it over, also when it fails. */
static bool add_item(cJSON *object, const char *key, cJSON *value) {
    if (value && cJSON_AddItemToObject(object, key, value)) return true;
    cJSON_Delete(value);
    return false;
}

/* {"dtype": .., "shape": [..], "data_offsets": [begin, end]} */
static bool describe_tensor(cJSON *json, const kr_array *array, size_t begin, size_t end) {
    cJSON *entry = cJSON_CreateObject(), *shape = cJSON_CreateArray();
    const double offsets[2] = {(double)begin, (double)end};
    const char *code = NULL;
    for (int i = 0; i < N_CODES; i++) {
        if (codes[i].dtype == array->dtype) code = codes[i].text;
    }
    bool is_complete = entry && shape;
    for (int i = 0; i < array->rank && is_complete; i++) {
        cJSON *number = cJSON_CreateNumber((double)array->shape[i]);
        is_complete = number && cJSON_AddItemToArray(shape, number);
    }
    is_complete = is_complete && add_item(entry, "dtype", cJSON_CreateString(code));
    if (!is_complete) {
        cJSON_Delete(shape);
        cJSON_Delete(entry);
        return false;
    }
    is_complete = add_item(entry, "shape", shape);
    is_complete =
        is_complete && add_item(entry, "data_offsets", cJSON_CreateDoubleArray(offsets, 2));
    if (!is_complete) {
        cJSON_Delete(entry);
        return false;
    }
    return add_item(json, array->name, entry);
}

static bool describe_metadata(cJSON *json, const kr_text_pair *metadata, int64_t n) {
    cJSON *object = cJSON_CreateObject();
    bool is_complete = object != NULL;
    for (int64_t i = 0; i < n && is_complete; i++) {
        is_complete = add_item(object, metadata[i].key, cJSON_CreateString(metadata[i].value));
    }
    if (!is_complete) {
        cJSON_Delete(object);
        return false;
    }
    return add_item(json, metadata_key, object);
}

/* The order in which the arrays are written: those with wide elements first. */
static void sort_by_width(const kr_array *arrays, int64_t n, int64_t *order) {
    int64_t used = 0;
    for (size_t width = 8; width > 0; width /= 2) {
        for (int64_t i = 0; i < n; i++) {
            if (arrays[i].item_size == width) order[used++] = i;
        }
    }
}

static kr_status check_written(const char *path, const kr_array *arrays, int64_t n,
                               const kr_text_pair *metadata, int64_t n_metadata, kr_error *err) {
    for (int64_t i = 0; i < n; i++) {
        const char *name = arrays[i].name;
        if (!name || !*name || strcmp(name, metadata_key) == 0) {
            return kr_fail(err, KR_USAGE, "%s: a tensor has no name, or a reserved one", path);
        }
        if (kr_dtype_size(arrays[i].dtype) == 0) {
            return kr_fail(err, KR_USAGE, "%s: tensor \"%s\" holds texts, which safetensors cannot",
                           path, name);
        }
        for (int64_t k = 0; k < i; k++) {
            if (strcmp(arrays[k].name, name) == 0) {
                return kr_fail(err, KR_USAGE, "%s: two tensors are named \"%s\"", path, name);
            }
        }
    }
    for (int64_t i = 0; i < n_metadata; i++) {
        for (int64_t k = 0; k < i; k++) {
            if (strcmp(metadata[k].key, metadata[i].key) == 0) {
                return kr_fail(err, KR_USAGE, "%s: two metadata entries are named \"%s\"", path,
                               metadata[i].key);
            }
        }
    }
    return KR_OK;
}

/* The header's text, from cJSON; NULL when out of memory. */
static char *print_header(const kr_array *arrays, int64_t n, const int64_t *order,
                          const kr_text_pair *metadata, int64_t n_metadata) {
    char *text = NULL;
    size_t place = 0;
    cJSON *json = cJSON_CreateObject();
    bool is_complete = json && (n_metadata == 0 || describe_metadata(json, metadata, n_metadata));
    for (int64_t i = 0; i < n && is_complete; i++) {
        const kr_array *array = &arrays[order[i]];
        size_t end = place + (size_t)array->n * array->item_size;
        is_complete = describe_tensor(json, array, place, end);
        place = end;
    }
    if (is_complete) text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

/* What is written: the arrays by order behind their header. */
typedef struct content {
    const kr_array *arrays;
    int64_t n;
    int64_t *order;
    char *header;
} content;

static size_t padded_length(const content *c) {
    return (strlen(c->header) + FRONT - 1) / FRONT * FRONT;
}

static void write_content(const content *c, FILE *stream) {
    size_t length = padded_length(c);
    for (int i = 0; i < FRONT; i++) fputc((int)(((uint64_t)length >> (8 * i)) & 255), stream);
    fprintf(stream, "%-*s", (int)length, c->header);
    for (int64_t i = 0; i < c->n; i++) kr__write_elements(&c->arrays[c->order[i]], stream);
}

static void free_content(content *c) {
    cJSON_free(c->header);
    kr_free(c->order);
}

/* name is for sentences. */
static kr_status make_content(const char *name, const kr_array *arrays, int64_t n,
                              const kr_text_pair *metadata, int64_t n_metadata, content *out,
                              kr_error *err) {
    content c = {.arrays = arrays, .n = n};
    KR_TRY(check_written(name, arrays, n, metadata, n_metadata, err));
    c.order = kr__calloc((size_t)n, sizeof *c.order);
    if (c.order) {
        sort_by_width(arrays, n, c.order);
        c.header = print_header(arrays, n, c.order, metadata, n_metadata);
    }
    kr_status status = c.header ? KR_OK : kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    if (status == KR_OK && padded_length(&c) > KR_SAFETENSORS_MAX_HEADER) {
        status = kr_fail(err, KR_USAGE, "%s: its header would need %zu bytes; %d are possible",
                         name, padded_length(&c), (int)KR_SAFETENSORS_MAX_HEADER);
    }
    if (status == KR_OK) {
        *out = c;
    } else {
        free_content(&c);
    }
    return status;
}

kr_status kr_safetensors_write(const char *path, const kr_array *arrays, int64_t n,
                               const kr_text_pair *metadata, int64_t n_metadata, kr_error *err) {
    content c;
    kr_file_writer writer;
    KR_TRY(make_content(path, arrays, n, metadata, n_metadata, &c, err));
    kr_status status = kr__file_writer_open(path, &writer, err);
    if (status == KR_OK) {
        write_content(&c, writer.stream);
        status = kr__file_writer_commit(&writer, err);
    }
    free_content(&c);
    return status;
}

kr_status kr__safetensors_write_memory(const kr_array *arrays, int64_t n,
                                       const kr_text_pair *metadata, int64_t n_metadata,
                                       void **bytes, size_t *n_bytes, kr_error *err) {
    content c;
    kr__memory_writer writer;
    KR_TRY(make_content("memory", arrays, n, metadata, n_metadata, &c, err));
    kr_status status = kr__memory_writer_open(&writer, err);
    if (status == KR_OK) {
        write_content(&c, writer.stream);
        status = kr__memory_writer_commit(&writer, bytes, n_bytes, err);
    }
    free_content(&c);
    return status;
}
