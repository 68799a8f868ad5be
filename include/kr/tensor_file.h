/* SPDX-License-Identifier: MIT
 * tensor_file.h - named tensors and metadata out of any model file: PyTorch's .pth and .pt,
 * .safetensors. The format is found by content, not by name. */
#ifndef KR_TENSOR_FILE_H
#define KR_TENSOR_FILE_H

#include <kr/array.h>

KR_BEGIN_DECLS

typedef struct kr_tensor_file kr_tensor_file;

/* Of a PyTorch checkpoint that is a dictionary with "model_state_dict" (or "state_dict"), only the
 * tensors in there are shown, without that prefix. "module." and "_orig_mod.", which wrappers put
 * in front of every name, are taken off. */
KR_API kr_status kr_tensor_file_open(const char *path, kr_tensor_file **out, kr_error *err);
/* bytes must stay until kr_tensor_file_close. name is for sentences. */
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
/* Tensor i as it is, elements and all, under the name that it is shown with; free it with
 * kr_array_deinit. */
KR_API kr_status kr_tensor_file_get(kr_tensor_file *file, int64_t i, kr_array *out, kr_error *err);
/* The n elements of tensor i converted into out. */
KR_API kr_status kr_tensor_file_load(kr_tensor_file *file, int64_t i, kr_real *out, kr_error *err);

/* Metadata of safetensors; numbers, texts and flags of a checkpoint ("epoch", "args.d_model"). */
KR_API int64_t kr_tensor_file_n_metadata(const kr_tensor_file *file);
KR_API kr_text_pair kr_tensor_file_metadata(const kr_tensor_file *file, int64_t i);
/* NULL when key is missing. */
KR_API const char *kr_tensor_file_value(const kr_tensor_file *file, const char *key);

KR_END_DECLS

#endif
