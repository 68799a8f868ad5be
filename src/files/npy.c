/* SPDX-License-Identifier: MIT
 * npy.c - numpy's array files.
 *
 *     \x93NUMPY  major minor  length of header  {'descr': '<f8', 'fortran_order': False, ..}  data
 *     6 bytes    1     1      2 (v1) or 4       a Python dictionary, spaces, a newline
 *
 * Source: numpy.lib.format, "Format Version 1.0", "2.0", "3.0". */
#include <kr/files.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/array_internal.h"

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};
enum { MAX_HEADER = 65536, MAX_ITEM = 1 << 20 };

/* ---- the dictionary --------------------------------------------------------------------- */

typedef struct cursor {
    const char *name; /* of the file */
    const char *at, *end;
} cursor;

typedef struct npy_header {
    kr_dtype dtype;
    size_t item_size, swap_size; /* swap_size: bytes of a unit to reverse, 1: none */
    bool is_fortran;
    int rank;
    int64_t shape[KR_ARRAY_MAX_RANK];
} npy_header;

static kr_status fail_header(const cursor *c, const char *what, kr_error *err) {
    char quote[KR_QUOTE_SIZE];
    return kr_fail(err, KR_FORMAT, "%s: its npy header is damaged: %s, at \"%s\"", c->name, what,
                   kr__quote(c->at, (size_t)(c->end - c->at), quote));
}

static void skip_space(cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t')) c->at++;
}

static bool take(cursor *c, char wanted) {
    skip_space(c);
    if (c->at >= c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

/* 'text' or "text" without escapes: its place and length. */
static bool take_string(cursor *c, const char **text, size_t *n) {
    skip_space(c);
    if (c->at >= c->end || (*c->at != '\'' && *c->at != '"')) return false;
    const char *close = memchr(c->at + 1, *c->at, (size_t)(c->end - c->at - 1));
    if (!close || memchr(c->at, '\\', (size_t)(close - c->at))) return false;
    *text = c->at + 1;
    *n = (size_t)(close - *text);
    c->at = close + 1;
    return true;
}

static bool take_word(cursor *c, const char *word) {
    size_t n = strlen(word);
    skip_space(c);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0) return false;
    c->at += n;
    return true;
}

/* Decimal digits; Python 2 may have written an L behind them. */
static bool take_size(cursor *c, int64_t *out) {
    int64_t value = 0;
    skip_space(c);
    const char *start = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, *c->at - '0', &value)) return false;
    }
    if (c->at == start) return false;
    if (c->at < c->end && *c->at == 'L') c->at++;
    *out = value;
    return true;
}

/* "(7, 5)", "(7,)" or "()". */
static kr_status parse_shape(cursor *c, npy_header *header, kr_error *err) {
    if (!take(c, '(')) return fail_header(c, "the shape is not a tuple", err);
    while (!take(c, ')')) {
        if (header->rank == KR_ARRAY_MAX_RANK) {
            return kr_fail(err, KR_UNSUPPORTED, "%s: has more than %d axes", c->name,
                           (int)KR_ARRAY_MAX_RANK);
        }
        if (!take_size(c, &header->shape[header->rank])) {
            return fail_header(c, "a size of the shape is not a whole number in range", err);
        }
        header->rank++;
        if (take(c, ',')) continue;
        if (take(c, ')')) break;
        return fail_header(c, "the shape does not end", err);
    }
    return KR_OK;
}

static const struct {
    char kind;
    size_t size;
    kr_dtype dtype;
} codes[] = {
    {'b', 1, KR_DTYPE_BOOL}, {'i', 1, KR_DTYPE_I8},  {'u', 1, KR_DTYPE_U8},  {'i', 2, KR_DTYPE_I16},
    {'u', 2, KR_DTYPE_U16},  {'i', 4, KR_DTYPE_I32}, {'u', 4, KR_DTYPE_U32}, {'i', 8, KR_DTYPE_I64},
    {'u', 8, KR_DTYPE_U64},  {'f', 2, KR_DTYPE_F16}, {'f', 4, KR_DTYPE_F32}, {'f', 8, KR_DTYPE_F64},
};
enum { N_CODES = sizeof codes / sizeof *codes };

/* "<f8": byte order, kind, bytes (for U: characters). */
static kr_status parse_descr(const cursor *c, const char *text, size_t n, npy_header *header,
                             kr_error *err) {
    char quote[KR_QUOTE_SIZE];
    cursor d = {c->name, text, text + n};
    char order = n > 0 && memchr("<>|=", *text, 4) ? *d.at++ : '=';
    char kind = d.at < d.end ? *d.at++ : '\0';
    int64_t size = 0;
    if (!take_size(&d, &size) || d.at != d.end || size > MAX_ITEM) kind = '\0';
    header->item_size = (size_t)size;
    header->swap_size = 1;
    bool is_supported = true;
    if (kind == 'S') {
        header->dtype = KR_DTYPE_BYTES;
    } else if (kind == 'U') {
        header->dtype = KR_DTYPE_TEXT;
        header->item_size = (size_t)size * 4;
        header->swap_size = 4;
    } else {
        int i = 0;
        while (i < N_CODES && (codes[i].kind != kind || codes[i].size != (size_t)size)) i++;
        is_supported = i < N_CODES;
        if (is_supported) {
            header->dtype = codes[i].dtype;
            header->swap_size = (size_t)size;
        }
    }
    if (!is_supported) {
        return kr_fail(
            err, KR_UNSUPPORTED,
            "%s: has elements of numpy type \"%s\"; integers, float16 to float64, bool and "
            "texts are read",
            c->name, kr__quote(text, n, quote));
    }
    bool is_big = order == '>' || (order == '=' && KR_HOST_IS_BIG);
    if (order == '|' || is_big == (bool)KR_HOST_IS_BIG) header->swap_size = 1;
    return KR_OK;
}

static kr_status parse_value(cursor *c, int key, npy_header *header, kr_error *err) {
    if (key == 2) return parse_shape(c, header, err);
    if (key == 1) {
        header->is_fortran = take_word(c, "True");
        if (header->is_fortran || take_word(c, "False")) return KR_OK;
        return fail_header(c, "fortran_order is neither True nor False", err);
    }
    const char *text;
    size_t n;
    if (take_string(c, &text, &n)) return parse_descr(c, text, n, header, err);
    if (!take(c, '[')) return fail_header(c, "descr is not a text", err);
    return kr_fail(err, KR_UNSUPPORTED,
                   "%s: holds a structured array; save each of its fields as an array", c->name);
}

static kr_status parse_dictionary(cursor *c, npy_header *header, kr_error *err) {
    static const char *const keys[3] = {"descr", "fortran_order", "shape"};
    bool is_seen[3] = {false, false, false};
    if (!take(c, '{')) return fail_header(c, "it is not a dictionary", err);
    while (!take(c, '}')) {
        const char *text;
        size_t n;
        if (!take_string(c, &text, &n)) return fail_header(c, "a key is missing", err);
        int key = 0;
        while (key < 3 && (strlen(keys[key]) != n || memcmp(keys[key], text, n) != 0)) key++;
        if (key == 3 || is_seen[key]) return fail_header(c, "a key is unknown or doubled", err);
        is_seen[key] = true;
        if (!take(c, ':')) return fail_header(c, "a colon is missing", err);
        KR_TRY(parse_value(c, key, header, err));
        if (take(c, ',')) continue;
        if (take(c, '}')) break;
        return fail_header(c, "the dictionary does not end", err);
    }
    skip_space(c);
    if (c->at != c->end) return fail_header(c, "something follows the dictionary", err);
    if (!is_seen[0] || !is_seen[1] || !is_seen[2]) {
        return fail_header(c, "descr, fortran_order or shape is missing", err);
    }
    return KR_OK;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* Everything before the elements. */
static kr_status read_header(kr__source *source, npy_header *header, kr_error *err) {
    unsigned char front[12] = {0};
    if (source->left < 10) {
        return kr_fail(err, KR_FORMAT, "%s: is not an npy file: too short", source->name);
    }
    KR_TRY(kr__source_read(source, front, 8, err));
    if (memcmp(front, magic, sizeof magic) != 0) {
        return kr_fail(err, KR_FORMAT, "%s: is not an npy file: it does not begin with \\x93NUMPY",
                       source->name);
    }
    if (front[6] < 1 || front[6] > 3 || front[7] != 0) {
        return kr_fail(err, KR_UNSUPPORTED, "%s: npy version %d.%d; 1.0, 2.0 and 3.0 are read",
                       source->name, front[6], front[7]);
    }
    size_t width = front[6] == 1 ? 2 : 4, length = 0;
    KR_TRY(kr__source_read(source, front + 8, width, err));
    for (size_t i = width; i > 0; i--) length = length << 8 | front[7 + i];
    if (length > source->left || length > MAX_HEADER) {
        return kr_fail(err, KR_FORMAT,
                       "%s: its npy header claims %zu bytes; %llu follow, %d are possible",
                       source->name, length, (unsigned long long)source->left, (int)MAX_HEADER);
    }
    char *text = kr__calloc(length + 1, 1);
    if (!text) return kr_fail(err, KR_MEMORY, "%s: out of memory", source->name);
    kr_status status = kr__source_read(source, text, length, err);
    if (status == KR_OK) {
        cursor c = {source->name, text, text + length};
        status = parse_dictionary(&c, header, err);
    }
    kr_free(text);
    return status;
}

/* Elements of an array with the first axis fastest into C order. */
static void reorder_fortran(const kr_array *array, const char *from, char *to) {
    int64_t index[KR_ARRAY_MAX_RANK] = {0};
    size_t stride[KR_ARRAY_MAX_RANK] = {0}, place = 0, step = array->item_size;
    for (int axis = 0; axis < array->rank; axis++) {
        stride[axis] = step;
        step *= (size_t)array->shape[axis];
    }
    for (int64_t i = 0; i < array->n; i++, to += array->item_size) {
        memcpy(to, from + place, array->item_size);
        for (int axis = array->rank - 1; axis >= 0; axis--) {
            place += stride[axis];
            if (++index[axis] < array->shape[axis]) break;
            place -= stride[axis] * (size_t)array->shape[axis];
            index[axis] = 0;
        }
    }
}

static kr_status read_elements(kr__source *source, const npy_header *header, size_t bytes,
                               kr_array *array, kr_error *err) {
    char *raw = NULL;
    kr_status status = KR_OK;
    array->data = kr__calloc(bytes, 1);
    bool is_fortran = header->is_fortran && array->rank > 1 && array->n > 0;
    if (is_fortran) raw = kr__calloc(bytes, 1);
    if (!array->data || (is_fortran && !raw)) {
        status = kr_fail(err, KR_MEMORY, "%s: no memory for its %zu bytes", source->name, bytes);
        goto done;
    }
    status = kr__source_read(source, is_fortran ? raw : array->data, bytes, err);
    if (status != KR_OK) goto done;
    if (is_fortran) reorder_fortran(array, raw, array->data);
    if (header->swap_size > 1) {
        kr__swap_bytes(array->data, bytes / header->swap_size, header->swap_size);
    }
done:
    kr_free(raw);
    return status;
}

kr_status kr__npy_parse(kr__source *source, const char *name, kr_array *out, kr_error *err) {
    npy_header header = {0};
    kr_array array = {0};
    size_t bytes = 0, n_name = strlen(name) + 1;
    KR_TRY(read_header(source, &header, err));
    array.dtype = header.dtype;
    array.rank = header.rank;
    array.item_size = header.item_size;
    memcpy(array.shape, header.shape, sizeof array.shape);
    bool fits = kr__array_size(array.rank, array.shape, array.item_size, &array.n, &bytes);
    if (!fits || bytes != source->left || (bytes == 0 && array.n > 0)) {
        char shape[KR_ARRAY_SHAPE_TEXT];
        return kr_fail(err, KR_FORMAT,
                       "%s: its shape %s of %s does not fit the %llu bytes that follow; the file "
                       "is cut short or damaged",
                       source->name, kr_array_shape_text(&array, shape), kr_dtype_text(array.dtype),
                       (unsigned long long)source->left);
    }
    array.name = kr__calloc(n_name, 1);
    kr_status status = KR_OK;
    if (array.name) {
        memcpy(array.name, name, n_name);
        status = read_elements(source, &header, bytes, &array, err);
    } else {
        status = kr_fail(err, KR_MEMORY, "%s: out of memory", source->name);
    }
    if (status == KR_OK) {
        *out = array;
    } else {
        kr_array_deinit(&array);
    }
    return status;
}

kr_status kr_npy_read_memory(const char *name, const void *bytes, size_t n_bytes, kr_array *out,
                             kr_error *err) {
    kr__source source = kr__source_memory(name, bytes, n_bytes);
    return kr__npy_parse(&source, name, out, err);
}

kr_status kr_npy_read(const char *path, kr_array *out, kr_error *err) {
    FILE *stream = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr__file_open(path, PTRDIFF_MAX, &stream, &n_bytes, err));
    kr__source source = kr__source_file(path, stream, n_bytes);
    kr_status status = kr__npy_parse(&source, path, out, err);
    fclose(stream);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------- */

static kr_status print_descr(const kr_array *array, char *text, size_t size, kr_error *err) {
    if (array->dtype == KR_DTYPE_BYTES) {
        snprintf(text, size, "|S%zu", array->item_size);
        return KR_OK;
    }
    if (array->dtype == KR_DTYPE_TEXT) {
        snprintf(text, size, "<U%zu", array->item_size / 4);
        return KR_OK;
    }
    for (int i = 0; i < N_CODES; i++) {
        if (codes[i].dtype != array->dtype) continue;
        snprintf(text, size, "%c%c%zu", codes[i].size > 1 ? '<' : '|', codes[i].kind,
                 codes[i].size);
        return KR_OK;
    }
    return kr_fail(err, KR_UNSUPPORTED, "numpy has no type %s; convert to float32",
                   kr_dtype_text(array->dtype));
}

kr_status kr__npy_header(const kr_array *array, char header[KR_NPY_HEADER_SIZE], size_t *n_bytes,
                         kr_error *err) {
    enum { FRONT = 10, BLOCK = 64 };
    char descr[32], shape[KR_ARRAY_SHAPE_TEXT];
    KR_TRY(print_descr(array, descr, sizeof descr, err));
    int used = snprintf(header + FRONT, KR_NPY_HEADER_SIZE - FRONT - BLOCK,
                        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr,
                        kr_array_shape_text(array, shape));
    size_t total = FRONT + (size_t)used + 1, length;
    total = (total + BLOCK - 1) / BLOCK * BLOCK; /* elements begin at a multiple of 64 */
    length = total - FRONT;
    memset(header + FRONT + used, ' ', total - FRONT - (size_t)used);
    header[total - 1] = '\n';
    memcpy(header, magic, sizeof magic);
    header[6] = 1;
    header[7] = 0;
    header[8] = (char)(length & 255);
    header[9] = (char)(length >> 8);
    *n_bytes = total;
    return KR_OK;
}

kr_status kr_npy_write(const char *path, const kr_array *array, kr_error *err) {
    char header[KR_NPY_HEADER_SIZE];
    size_t n_header = 0;
    kr_file_writer writer;
    kr_status status = kr__npy_header(array, header, &n_header, err);
    if (status != KR_OK) {
        kr_error_prefix(err, "%s", path);
        return status;
    }
    KR_TRY(kr__file_writer_open(path, &writer, err));
    fwrite(header, 1, n_header, writer.stream);
    kr__write_elements(array, writer.stream);
    return kr__file_writer_commit(&writer, err);
}
