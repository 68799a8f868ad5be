/* SPDX-License-Identifier: MIT
 * files.h - arrays, and the files that hold them: npy, npz, safetensors, PyTorch's .pt and .pth. */
#ifndef KR_FILES_H
#define KR_FILES_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* ---- arrays ---------------------------------------------------------------------------------- */

/* What a file holds: a typed, contiguous array with a name.
 *
 * Every reader of array files returns kr_array. Elements are in C order (last axis fastest) and in
 * the byte order of this machine. */

/* X(name, bytes of an element, text). Elements of BYTES and TEXT are texts padded with zeros, with
 * one byte or four (a Unicode code point) per character; each array sets their size. */
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

/* A view of the caller's data (nothing is copied, nothing to free). dtype is numeric; data must
 * hold all elements of shape. KR_SHAPE: rank above 8, a negative or too large shape. */
KR_API kr_status kr_array_view(const char *name, kr_dtype dtype, int rank, const int64_t *shape,
                               const void *data, kr_array *out, kr_error *err);

/* Free name and data of an array that a reader handed over, and zero it. Not for views. */
KR_API void kr_array_deinit(kr_array *array);

/* Convert all n elements into out, which has room for them. Booleans are 0 and 1; to a float type
 * large numbers are rounded. KR_FORMAT for BYTES and TEXT and, when converting to int64, for a
 * number that is not whole or does not fit. The sentence names array and element. */
KR_API kr_status kr_array_to_float(const kr_array *array, float *out, kr_error *err);
KR_API kr_status kr_array_to_double(const kr_array *array, double *out, kr_error *err);
KR_API kr_status kr_array_to_int64(const kr_array *array, int64_t *out, kr_error *err);

/* Element i of a BYTES or TEXT array as UTF-8 with a final zero, cut to size bytes (never inside a
 * character). False, and "", when it is no text array, i is out of range or a code point is
 * invalid. */
KR_API bool kr_array_text(const kr_array *array, int64_t i, char *out, size_t size);

/* An entry of the metadata that some files hold. */
typedef struct kr_text_pair {
    const char *key, *value;
} kr_text_pair;

/* "(3, 7, 16)", "(5,)", "()" into text, for sentences. */
enum { KR_ARRAY_SHAPE_TEXT = 192 };
KR_API const char *kr_array_shape_text(const kr_array *array, char text[KR_ARRAY_SHAPE_TEXT]);

/* ---- packed files ---------------------------------------------------------------------------- */

/* Members of .npz and .pth files and tables that end in .gz may be packed a thousandfold, so that a
 * small file could take all memory. They are unpacked to 64 MiB or to 64 times their packed size,
 * whichever is more; beyond that KR_FORMAT, before there is memory for it. n_bytes > 0 is the limit
 * in place of this one, for all readers of this process, from the next file on; 0: as before. Any
 * thread may call it. */
KR_API void kr_unpack_limit_set(size_t n_bytes);

/* ---- .npy and .npz --------------------------------------------------------------------------- */

/* Numpy's files: .npy (one array) and .npz (a zip of named arrays).
 *
 * Read: npy versions 1, 2 and 3; C and Fortran order; little and big endian; bool, (u)int8 to 64,
 * float16 to 64, byte and unicode texts. npz members stored or deflated, zip64. Structured types,
 * Python objects, complex numbers, dates, damaged files are refused with a sentence (KR_FORMAT, or
 * KR_UNSUPPORTED for what numpy would read). Sizes are compared with the file's length before
 * anything is allocated.
 * Source: numpy.lib.format's module documentation; the zip application note (APPNOTE.TXT). */

/* The array of a .npy file, to be freed with kr_array_deinit. Its name is path. */
KR_API kr_status kr_npy_read(const char *path, kr_array *out, kr_error *err);
/* The same from memory, which is not needed afterwards. name is what sentences call it, and is
 * copied. */
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
/* Member `name`, to be freed with kr_array_deinit. KR_FORMAT when it is missing; the sentence lists
 * the names that exist. */
KR_API kr_status kr_npz_get(kr_npz *npz, const char *name, kr_array *out, kr_error *err);

/* Write a .npz file of n named arrays, stored or deflated. The same arrays give the same bytes (no
 * time stamps). It replaces path only when complete. Needs memory for the whole file. */
KR_API kr_status kr_npz_write(const char *path, const kr_array *arrays, int64_t n, bool deflate,
                              kr_error *err);

/* ---- .safetensors ---------------------------------------------------------------------------- */

/* Named tensors and text metadata in one file.
 *
 *     8 bytes         n bytes                                             rest
 *     n (little-end.) {"__metadata__": {..}, "w": {"dtype": "F32", ..}}   elements
 *
 * Reading loads the file into one block; tensors are views into it. Refused with a sentence: a
 * header above KR_SAFETENSORS_MAX_HEADER bytes, names that occur twice, elements that lie outside
 * the file, overlap or leave gaps, sizes that do not fit the shape, types that this library lacks.
 * Source: the safetensors format description, version 0.4. */

enum { KR_SAFETENSORS_MAX_HEADER = 4 << 20 };

typedef struct kr_safetensors kr_safetensors;

KR_API kr_status kr_safetensors_read(const char *path, kr_safetensors **out, kr_error *err);
/* The same from memory, which is copied. name is what sentences call it. */
KR_API kr_status kr_safetensors_read_memory(const char *name, const void *bytes, size_t n_bytes,
                                            kr_safetensors **out, kr_error *err);
KR_API void kr_safetensors_destroy(kr_safetensors *file);

/* Tensors in the order of the header; NULL when i is out of range or the name is missing. They live
 * as long as file; their data may be unaligned, which kr_array_to_float accepts. */
KR_API int64_t kr_safetensors_count(const kr_safetensors *file);
KR_API const kr_array *kr_safetensors_array(const kr_safetensors *file, int64_t i);
KR_API const kr_array *kr_safetensors_find(const kr_safetensors *file, const char *name);

/* Metadata in the order of the file; value is NULL when key is missing. */
KR_API int64_t kr_safetensors_n_metadata(const kr_safetensors *file);
KR_API kr_text_pair kr_safetensors_metadata(const kr_safetensors *file, int64_t i);
KR_API const char *kr_safetensors_value(const kr_safetensors *file, const char *key);

/* Write n named numeric arrays and n_metadata pairs. Names and keys must differ (KR_USAGE) and be
 * UTF-8. Wide elements are put first, so that all are aligned; otherwise the order stays. The file
 * replaces path only when complete. */
KR_API kr_status kr_safetensors_write(const char *path, const kr_array *arrays, int64_t n,
                                      const kr_text_pair *metadata, int64_t n_metadata,
                                      kr_error *err);

/* ---- any model file -------------------------------------------------------------------------- */

/* Named tensors and metadata from any model file: PyTorch's .pth and .pt, .safetensors. The format
 * is found by content, not by name. */

typedef struct kr_tensor_file kr_tensor_file;

/* If a PyTorch checkpoint is a dictionary with "model_state_dict" (or "state_dict"), only the
 * tensors in that entry are shown, without its prefix. "module." and "_orig_mod.", which wrappers
 * put in front of every name, are taken off. */
KR_API kr_status kr_tensor_file_open(const char *path, kr_tensor_file **out, kr_error *err);
/* bytes must stay until kr_tensor_file_close. name is what sentences call them. */
KR_API kr_status kr_tensor_file_open_memory(const char *name, const void *bytes, size_t n_bytes,
                                            kr_tensor_file **out, kr_error *err);
KR_API void kr_tensor_file_close(kr_tensor_file *file);

/* "PyTorch checkpoint" or "safetensors"; and the path. */
KR_API const char *kr_tensor_file_format(const kr_tensor_file *file);
KR_API const char *kr_tensor_file_path(const kr_tensor_file *file);

/* Tensors in the order of the file. info: name, type, shape, n, data NULL; NULL when i is out of
 * range. find: the number of a name, or -1. */
KR_API int64_t kr_tensor_file_count(const kr_tensor_file *file);
KR_API const kr_array *kr_tensor_file_info(const kr_tensor_file *file, int64_t i);
KR_API int64_t kr_tensor_file_find(const kr_tensor_file *file, const char *name);
/* Tensor i with its elements, under the name that info shows; free it with kr_array_deinit. */
KR_API kr_status kr_tensor_file_get(kr_tensor_file *file, int64_t i, kr_array *out, kr_error *err);
/* Metadata of safetensors; numbers, texts and flags of a checkpoint ("epoch", "args.d_model"). */
KR_API int64_t kr_tensor_file_n_metadata(const kr_tensor_file *file);
KR_API kr_text_pair kr_tensor_file_metadata(const kr_tensor_file *file, int64_t i);
/* NULL when key is missing. */
KR_API const char *kr_tensor_file_value(const kr_tensor_file *file, const char *key);

KR_END_DECLS

#endif
