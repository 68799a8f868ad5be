/* SPDX-License-Identifier: MIT
 * array.c - element types, conversions and texts of arrays from files. */
#include <kr/files.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "files/array_internal.h"

static const struct {
    const char *text;
    size_t size;
} dtypes[KR_DTYPE_COUNT] = {
#define KR_DTYPE_ROW(name, size, text) {text, size},
    KR_DTYPE_MAP(KR_DTYPE_ROW)
#undef KR_DTYPE_ROW
};

const char *kr_dtype_text(kr_dtype dtype) {
    return (unsigned)dtype < KR_DTYPE_COUNT ? dtypes[dtype].text : "?";
}

size_t kr_dtype_size(kr_dtype dtype) {
    return (unsigned)dtype < KR_DTYPE_COUNT ? dtypes[dtype].size : 0;
}

/* ---- shape ------------------------------------------------------------------------------ */

bool kr__array_size(int rank, const int64_t *shape, size_t item_size, int64_t *n, size_t *bytes) {
    size_t count = 1, total;
    bool is_empty = false;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0) return false;
        is_empty = is_empty || shape[i] == 0;
    }
    for (int i = 0; i < rank && !is_empty; i++) {
        if (__builtin_mul_overflow(count, shape[i], &count)) return false;
    }
    if (is_empty) count = 0;
    if (!kr__size_mul(count, item_size, &total) || count > INT64_MAX || total > PTRDIFF_MAX) {
        return false;
    }
    *n = (int64_t)count;
    *bytes = total;
    return true;
}

kr_status kr_array_view(const char *name, kr_dtype dtype, int rank, const int64_t *shape,
                        const void *data, kr_array *out, kr_error *err) {
    kr_array view = {.name = (char *)name, .dtype = dtype, .rank = rank, .data = (void *)data};
    const char *called = name ? name : "array";
    view.item_size = kr_dtype_size(dtype);
    if (view.item_size == 0) {
        return kr_fail(err, KR_UNSUPPORTED, "%s: a view needs a numeric type", called);
    }
    if (rank < 0 || rank > KR_ARRAY_MAX_RANK) {
        return kr_fail(err, KR_SHAPE, "%s: %d axes; at most %d are possible", called, rank,
                       (int)KR_ARRAY_MAX_RANK);
    }
    size_t bytes;
    if (!kr__array_size(rank, shape, view.item_size, &view.n, &bytes)) {
        return kr_fail(err, KR_SHAPE, "%s: its shape has a negative or far too large size", called);
    }
    if (rank > 0) memcpy(view.shape, shape, (size_t)rank * sizeof *shape);
    *out = view;
    return KR_OK;
}

void kr_array_deinit(kr_array *array) {
    kr_free(array->name);
    kr_free(array->data);
    *array = (kr_array){0};
}

const char *kr_array_shape_text(const kr_array *array, char text[KR_ARRAY_SHAPE_TEXT]) {
    size_t used = 1;
    strcpy(text, "(");
    for (int i = 0; i < array->rank; i++) {
        used += (size_t)snprintf(text + used, KR_ARRAY_SHAPE_TEXT - used, "%s%lld", i ? ", " : "",
                                 (long long)array->shape[i]);
    }
    snprintf(text + used, KR_ARRAY_SHAPE_TEXT - used, array->rank == 1 ? ",)" : ")");
    return text;
}

/* ---- bytes ------------------------------------------------------------------------------ */

void kr__swap_bytes(void *data, size_t n, size_t size) {
    unsigned char *at = data;
    for (size_t i = 0; i < n; i++, at += size) {
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            unsigned char kept = at[low];
            at[low] = at[high];
            at[high] = kept;
        }
    }
}

size_t kr__turn_size(const kr_array *array) {
    if (!KR_HOST_IS_BIG || array->dtype == KR_DTYPE_BYTES) return 1;
    return array->dtype == KR_DTYPE_TEXT ? 4 : array->item_size;
}

void kr__write_elements(const kr_array *array, FILE *stream) {
    const char *data = array->data;
    size_t unit = kr__turn_size(array), bytes = (size_t)array->n * array->item_size;
    if (unit == 1) {
        if (bytes > 0) fwrite(data, 1, bytes, stream);
        return;
    }
    for (size_t at = 0; at < bytes; at += unit) {
        char turned[8];
        memcpy(turned, data + at, unit);
        kr__swap_bytes(turned, 1, unit);
        fwrite(turned, 1, unit, stream);
    }
}

void *kr__grow(void *block, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity) return block;
    size_t wanted = *capacity < 16 ? 16 : *capacity;
    while (wanted < needed) {
        if (!kr__size_mul(wanted, 2, &wanted)) return NULL;
    }
    void *larger = kr__calloc(wanted, size);
    if (!larger) return NULL;
    if (*capacity > 0) memcpy(larger, block, *capacity * size);
    kr_free(block);
    *capacity = wanted;
    return larger;
}

const char *kr__quote(const char *text, size_t n, char out[KR_QUOTE_SIZE]) {
    size_t used = 0;
    for (size_t i = 0; i < n && used < KR_QUOTE_SIZE - 3; i++) {
        out[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    if (used < n) {
        out[used++] = '.';
        out[used++] = '.';
    }
    out[used] = '\0';
    return out;
}

kr_status kr__source_read(kr__source *source, void *to, size_t n, kr_error *err) {
    if (n > source->left) {
        return kr_fail(err, KR_FORMAT, "%s: ends %llu bytes too early; it was cut short",
                       source->name, (unsigned long long)(n - source->left));
    }
    if (n == 0) return KR_OK;
    KR_TRY(source->read(source, to, n, err));
    source->left -= n;
    return KR_OK;
}

static kr_status read_memory(kr__source *source, void *to, size_t n, kr_error *err) {
    (void)err;
    memcpy(to, source->handle, n);
    source->handle = (char *)source->handle + n;
    return KR_OK;
}

kr__source kr__source_memory(const char *name, const void *bytes, size_t n_bytes) {
    return (kr__source){
        .name = name, .left = n_bytes, .read = read_memory, .handle = (void *)bytes};
}

static kr_status read_file(kr__source *source, void *to, size_t n, kr_error *err) {
    if (fread(to, 1, n, source->handle) == n) return KR_OK;
    return kr_fail(err, KR_IO, "%s: could be read only in part", source->name);
}

kr__source kr__source_file(const char *name, FILE *stream, size_t n_bytes) {
    return (kr__source){.name = name, .left = n_bytes, .read = read_file, .handle = stream};
}

/* ---- numbers ---------------------------------------------------------------------------- */

/* 1 sign, 5 exponent, 10 mantissa bits; exact in float. */
static float widen_f16(uint16_t half) {
    int exponent = (half >> 10) & 31, mantissa = half & 1023;
    float value;
    if (exponent == 31) {
        value = mantissa ? NAN : INFINITY;
    } else if (exponent == 0) {
        value = ldexpf((float)mantissa, -24);
    } else {
        value = ldexpf((float)(mantissa + 1024), exponent - 25);
    }
    return half & 0x8000 ? -value : value;
}

/* The upper half of a float. */
static float widen_bf16(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define LOAD(type, from)                                                                           \
    type value;                                                                                    \
    memcpy(&value, from, sizeof value)

/* For every dtype but the 64-bit integers, double holds the element exactly. */
static double load_double(kr_dtype dtype, const void *from) {
    switch (dtype) {
        case KR_DTYPE_BOOL:
            return *(const uint8_t *)from != 0;
        case KR_DTYPE_I8:
            return *(const int8_t *)from;
        case KR_DTYPE_U8:
            return *(const uint8_t *)from;
        case KR_DTYPE_I16: {
            LOAD(int16_t, from);
            return value;
        }
        case KR_DTYPE_U16: {
            LOAD(uint16_t, from);
            return value;
        }
        case KR_DTYPE_I32: {
            LOAD(int32_t, from);
            return value;
        }
        case KR_DTYPE_U32: {
            LOAD(uint32_t, from);
            return value;
        }
        case KR_DTYPE_I64: {
            LOAD(int64_t, from);
            return (double)value;
        }
        case KR_DTYPE_U64: {
            LOAD(uint64_t, from);
            return (double)value;
        }
        case KR_DTYPE_F16: {
            LOAD(uint16_t, from);
            return (double)widen_f16(value);
        }
        case KR_DTYPE_BF16: {
            LOAD(uint16_t, from);
            return (double)widen_bf16(value);
        }
        case KR_DTYPE_F32: {
            LOAD(float, from);
            return (double)value;
        }
        case KR_DTYPE_F64: {
            LOAD(double, from);
            return value;
        }
        default:
            return 0;
    }
}

/* Large integers and doubles go to float in one rounding. */
static float load_float(kr_dtype dtype, const void *from) {
    switch (dtype) {
        case KR_DTYPE_I64: {
            LOAD(int64_t, from);
            return (float)value;
        }
        case KR_DTYPE_U64: {
            LOAD(uint64_t, from);
            return (float)value;
        }
        default:
            return (float)load_double(dtype, from);
    }
}

static bool load_int64(kr_dtype dtype, const void *from, int64_t *out) {
    if (dtype == KR_DTYPE_I64) {
        memcpy(out, from, sizeof *out);
        return true;
    }
    if (dtype == KR_DTYPE_U64) {
        LOAD(uint64_t, from);
        *out = (int64_t)value;
        return value <= INT64_MAX;
    }
    double number = load_double(dtype, from);
    if (!(number >= -0x1p63 && number < 0x1p63) || number != floor(number)) return false;
    *out = (int64_t)number;
    return true;
}

static const char *name_of(const kr_array *array) { return array->name ? array->name : "array"; }

static kr_status check_numeric(const kr_array *array, kr_error *err) {
    if (kr_dtype_size(array->dtype) > 0) return KR_OK;
    return kr_fail(err, KR_FORMAT, "%s: holds %s where numbers are needed", name_of(array),
                   kr_dtype_text(array->dtype));
}

kr_status kr_array_to_float(const kr_array *array, float *out, kr_error *err) {
    KR_TRY(check_numeric(array, err));
    const char *from = array->data;
    if (array->dtype == KR_DTYPE_F32) {
        if (array->n > 0) memcpy(out, from, (size_t)array->n * sizeof *out);
        return KR_OK;
    }
    for (int64_t i = 0; i < array->n; i++) {
        out[i] = load_float(array->dtype, from + (size_t)i * array->item_size);
    }
    return KR_OK;
}

kr_status kr_array_to_double(const kr_array *array, double *out, kr_error *err) {
    KR_TRY(check_numeric(array, err));
    const char *from = array->data;
    for (int64_t i = 0; i < array->n; i++) {
        out[i] = load_double(array->dtype, from + (size_t)i * array->item_size);
    }
    return KR_OK;
}

kr_status kr_array_to_int64(const kr_array *array, int64_t *out, kr_error *err) {
    KR_TRY(check_numeric(array, err));
    const char *from = array->data;
    for (int64_t i = 0; i < array->n; i++) {
        const char *element = from + (size_t)i * array->item_size;
        if (load_int64(array->dtype, element, &out[i])) continue;
        return kr_fail(err, KR_FORMAT, "%s: element %lld is %g where a whole number is needed",
                       name_of(array), (long long)i, load_double(array->dtype, element));
    }
    return KR_OK;
}

/* ---- texts ------------------------------------------------------------------------------ */

/* Bytes of a code point as UTF-8; 0 for surrogates and beyond the last one. */
static size_t encode_utf8(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0;
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)((0xf00 >> n) | code);
    return n;
}

static bool copy_unicode(const char *from, size_t n_codes, char *out, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < n_codes; i++) {
        uint32_t code;
        char encoded[4];
        memcpy(&code, from + 4 * i, sizeof code);
        if (code == 0) break;
        size_t n = encode_utf8(code, encoded);
        if (n == 0) {
            out[0] = '\0';
            return false;
        }
        if (used + n >= size) break;
        memcpy(out + used, encoded, n);
        used += n;
    }
    out[used] = '\0';
    return true;
}

bool kr_array_text(const kr_array *array, int64_t i, char *out, size_t size) {
    if (size == 0) return false;
    out[0] = '\0';
    if (i < 0 || i >= array->n) return false;
    const char *from = (const char *)array->data + (size_t)i * array->item_size;
    if (array->dtype == KR_DTYPE_TEXT) return copy_unicode(from, array->item_size / 4, out, size);
    if (array->dtype != KR_DTYPE_BYTES) return false;
    size_t n = 0;
    while (n < array->item_size && n + 1 < size && from[n]) n++;
    memcpy(out, from, n);
    out[n] = '\0';
    return true;
}
