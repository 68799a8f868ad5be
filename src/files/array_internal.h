/* SPDX-License-Identifier: MIT
 * array_internal.h - what the array readers share inside the library. */
#ifndef KR_ARRAY_INTERNAL_H
#define KR_ARRAY_INTERNAL_H

#include <kr/files.h>
#include <stdio.h>

#include "core/real.h"

/* Elements and bytes of a shape; false when a size is negative or the product does not fit. */
bool kr__array_size(int rank, const int64_t *shape, size_t item_size, int64_t *n, size_t *bytes);

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define KR_HOST_IS_BIG 1
#else
#define KR_HOST_IS_BIG 0
#endif

/* Elements converted to the arithmetic type. */
static inline kr_status kr__array_to_real(const kr_array *array, kr_real *out, kr_error *err) {
#ifdef KR_REAL_DOUBLE
    return kr_array_to_double(array, out, err);
#else
    return kr_array_to_float(array, out, err);
#endif
}

/* Reverse the byte order of n units of `size` bytes in place. */
void kr__swap_bytes(void *data, size_t n, size_t size);

/* Bytes of the units to reverse between the order of this machine and little-endian; 1: none. */
size_t kr__turn_size(const kr_array *array);

/* The elements in little-endian order; the stream remembers errors. */
void kr__write_elements(const kr_array *array, FILE *stream);

/* block, or a larger one in its place, with room for `needed` items of `size` bytes; the capacity
 * doubles, the content is kept. NULL, and nothing changed, when out of memory. */
void *kr__grow(void *block, size_t *capacity, size_t needed, size_t size);

/* Bytes to be read once, from front to back: a block of memory, a file, a member of a zip file. */
typedef struct kr__source {
    const char *name; /* for sentences */
    uint64_t left;    /* bytes not read yet */
    kr_status (*read)(struct kr__source *source, void *to, size_t n, kr_error *err);
    void *handle;
} kr__source;

/* Exactly n bytes; KR_FORMAT with a sentence when fewer are left. */
kr_status kr__source_read(kr__source *source, void *to, size_t n, kr_error *err);
kr__source kr__source_memory(const char *name, const void *bytes, size_t n_bytes);
kr__source kr__source_file(const char *name, FILE *stream, size_t n_bytes);

/* Text from a file, made fit for a sentence: printable ASCII, cut. Returns out. */
enum { KR_QUOTE_SIZE = 80 };
const char *kr__quote(const char *text, size_t n, char out[KR_QUOTE_SIZE]);

/* The .npy content of source; all of it must be used up. Names the array `name`. */
kr_status kr__npy_parse(kr__source *source, const char *name, kr_array *out, kr_error *err);

/* Magic, version and header of a .npy file of array, at most KR_NPY_HEADER_SIZE bytes into header;
 * *n_bytes is how many. Behind it come the elements in little-endian order. */
enum { KR_NPY_HEADER_SIZE = 384 };
kr_status kr__npy_header(const kr_array *array, char header[KR_NPY_HEADER_SIZE], size_t *n_bytes,
                         kr_error *err);

#endif
