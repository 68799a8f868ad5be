/* SPDX-License-Identifier: MIT
 * safetensors.h - named tensors and text metadata in one file.
 *
 *     8 bytes         n bytes                                             rest
 *     n (little-end.) {"__metadata__": {..}, "w": {"dtype": "F32", ..}}   elements
 *
 * Reading loads the file into one block; tensors are views into it. Refused with a sentence: a
 * header above KR_SAFETENSORS_MAX_HEADER bytes, doubled names, elements that lie outside the file,
 * overlap or leave gaps, sizes that do not fit the shape, types that this library lacks.
 * Source: the safetensors format description, version 0.4. */
#ifndef KR_SAFETENSORS_H
#define KR_SAFETENSORS_H

#include <kr/array.h>

KR_BEGIN_DECLS

enum { KR_SAFETENSORS_MAX_HEADER = 4 << 20 };

typedef struct kr_safetensors kr_safetensors;

KR_API kr_status kr_safetensors_read(const char *path, kr_safetensors **out, kr_error *err);
/* The same from memory, which is copied. name is for sentences. */
KR_API kr_status kr_safetensors_read_memory(const char *name, const void *bytes, size_t n_bytes,
                                            kr_safetensors **out, kr_error *err);
KR_API void kr_safetensors_destroy(kr_safetensors *file);

/* Tensors in the order of the header; NULL when i is out of range or the name is missing. They live
 * as long as file; their data may be unaligned, which kr_array_to_float does not mind. */
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

KR_END_DECLS

#endif
