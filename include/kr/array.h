/* SPDX-License-Identifier: MIT
 * array.h - what a file holds: a typed, contiguous array with a name.
 *
 * Every reader of array files (npy.h, safetensors.h, pth.h) hands out kr_array. Elements are in C
 * order (last axis fastest) and in the byte order of this machine. */
#ifndef KR_ARRAY_H
#define KR_ARRAY_H

#include <kr/status.h>

KR_BEGIN_DECLS

/* X(name, bytes of an element, text). BYTES and TEXT have an element size of their own: texts of
 * one byte, and of four bytes (a Unicode code point) a character, padded with zeros. */
#define KR_DTYPE_MAP(X)                                                                            \
    X(BOOL, 1, "bool")                                                                             \
    X(I8, 1, "int8")                                                                               \
    X(U8, 1, "uint8")                                                                              \
    X(I16, 2, "int16")                                                                             \
    X(U16, 2, "uint16")                                                                            \
    X(I32, 4, "int32")                                                                             \
    X(U32, 4, "uint32")                                                                            \
    X(I64, 8, "int64")                                                                             \
    X(U64, 8, "uint64")                                                                            \
    X(F16, 2, "float16")                                                                           \
    X(BF16, 2, "bfloat16")                                                                         \
    X(F32, 4, "float32")                                                                           \
    X(F64, 8, "float64")                                                                           \
    X(BYTES, 0, "bytes")                                                                           \
    X(TEXT, 0, "unicode text")

typedef enum kr_dtype {
#define KR_DTYPE_ENUM(name, size, text) KR_DTYPE_##name,
    KR_DTYPE_MAP(KR_DTYPE_ENUM)
#undef KR_DTYPE_ENUM
        KR_DTYPE_COUNT
} kr_dtype;

enum { KR_ARRAY_MAX_RANK = 8 };

typedef struct kr_array {
    char *name; /* "" is never used; NULL: none */
    kr_dtype dtype;
    int rank; /* 0: a single value */
    int64_t shape[KR_ARRAY_MAX_RANK];
    int64_t n;        /* elements: the product of shape */
    size_t item_size; /* bytes of an element */
    void *data;       /* n * item_size bytes; maybe not aligned to item_size in a view */
} kr_array;

/* "float32"; bytes of an element, 0 for BYTES and TEXT. Unknown codes give "?" and 0. */
KR_API const char *kr_dtype_text(kr_dtype dtype);
KR_API size_t kr_dtype_size(kr_dtype dtype);

/* An array over data of the caller (nothing is copied, nothing to free). dtype is numeric; data
 * must hold the product of shape. KR_SHAPE: rank above 8, a negative or too large shape. */
KR_API kr_status kr_array_view(const char *name, kr_dtype dtype, int rank, const int64_t *shape,
                               const void *data, kr_array *out, kr_error *err);

/* Free name and data of an array that a reader handed over, and zero it. Not for views. */
KR_API void kr_array_deinit(kr_array *array);

/* Convert all n elements into out, which has room for them. Booleans are 0 and 1; to a float type
 * large numbers are rounded. BYTES and TEXT are KR_FORMAT; so is, for int64, a number that is not
 * whole or does not fit. The sentence names array and element. */
KR_API kr_status kr_array_to_float(const kr_array *array, float *out, kr_error *err);
KR_API kr_status kr_array_to_double(const kr_array *array, double *out, kr_error *err);
KR_API kr_status kr_array_to_int64(const kr_array *array, int64_t *out, kr_error *err);

/* Element i of a BYTES or TEXT array as UTF-8 with a final zero, cut to size bytes (at a
 * character's border). False, and "", when it is no text array, i is out of range or a code point
 * is invalid. */
KR_API bool kr_array_text(const kr_array *array, int64_t i, char *out, size_t size);

/* An entry of the metadata that some files hold. */
typedef struct kr_text_pair {
    const char *key, *value;
} kr_text_pair;

/* "(3, 7, 16)", "(5,)", "()" into text, for sentences. */
enum { KR_ARRAY_SHAPE_TEXT = 192 };
KR_API const char *kr_array_shape_text(const kr_array *array, char text[KR_ARRAY_SHAPE_TEXT]);

KR_END_DECLS

#endif
