/* SPDX-License-Identifier: MIT
 * npy.h - numpy's files: .npy (one array) and .npz (a zip of named arrays).
 *
 * Read: npy versions 1, 2 and 3; C and Fortran order; little and big endian; bool, (u)int8 to 64,
 * float16 to 64, byte and unicode texts. npz members stored or deflated, zip64. Structured types,
 * Python objects, complex numbers, dates, damaged files are refused with a sentence (KR_FORMAT, or
 * KR_UNSUPPORTED for what is valid elsewhere). Sizes are compared with the file's length before
 * anything is allocated.
 * Source: numpy.lib.format's module documentation; the zip application note (APPNOTE.TXT). */
#ifndef KR_NPY_H
#define KR_NPY_H

#include <kr/array.h>

KR_BEGIN_DECLS

/* The array of a .npy file, to be freed with kr_array_deinit. Its name is path. */
KR_API kr_status kr_npy_read(const char *path, kr_array *out, kr_error *err);
/* The same from memory, which may be given back afterwards. name is for sentences, and copied. */
KR_API kr_status kr_npy_read_memory(const char *name, const void *bytes, size_t n_bytes,
                                    kr_array *out, kr_error *err);
/* Write a .npy file, version 1.0, little-endian, C order. It replaces path only when complete.
 * BF16, which numpy does not know, is KR_UNSUPPORTED. */
KR_API kr_status kr_npy_write(const char *path, const kr_array *array, kr_error *err);

/* An open .npz file. The directory is read and checked at once, members when asked for. */
typedef struct kr_npz kr_npz;
KR_API kr_status kr_npz_open(const char *path, kr_npz **out, kr_error *err);
/* bytes must stay until kr_npz_close. */
KR_API kr_status kr_npz_open_memory(const char *name, const void *bytes, size_t n_bytes,
                                    kr_npz **out, kr_error *err);
KR_API void kr_npz_close(kr_npz *npz);

/* Names in the file's order, without ".npy"; they live as long as npz. */
KR_API int64_t kr_npz_count(const kr_npz *npz);
KR_API const char *kr_npz_name(const kr_npz *npz, int64_t i);
KR_API bool kr_npz_has(const kr_npz *npz, const char *name);
/* Member `name`, to be freed with kr_array_deinit. KR_FORMAT, with the names that there are, when
 * it is missing. */
KR_API kr_status kr_npz_get(kr_npz *npz, const char *name, kr_array *out, kr_error *err);

/* Write a .npz file of n named arrays, stored or deflated. The same arrays give the same bytes (no
 * time stamps). It replaces path only when complete. Needs memory for the whole file. */
KR_API kr_status kr_npz_write(const char *path, const kr_array *arrays, int64_t n, bool deflate,
                              kr_error *err);

KR_END_DECLS

#endif
