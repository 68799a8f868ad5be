/* SPDX-License-Identifier: MIT
 * pth.h - checkpoints of PyTorch (.pth, .pt) as torch.save writes them since version 1.6.
 *
 * The file is a zip of a pickle and raw elements. The pickle is read by a restricted machine that
 * never executes anything: dictionaries, lists, numbers, texts and tensors are understood, whatever
 * else is refused by name. Nested dictionaries become dotted names: "model_state_dict.norm.weight",
 * "args.d_model", "optimizer_state_dict.state.0.exp_avg", "optimizer_state_dict.param_groups.0.lr".
 * Refused too: files of older versions, tensors that reach beyond their elements, files whose
 * tensors claim far more than the file holds. */
#ifndef KR_PTH_H
#define KR_PTH_H

#include <kr/files.h>

#include "core/text.h"

KR_BEGIN_DECLS

typedef struct kr_pth kr_pth;

/* Reads the pickle and checks everything; elements are loaded when asked for. */
kr_status kr__pth_open(const char *path, kr_pth **out, kr_error *err);
/* bytes must stay until kr__pth_close. name is for sentences. */
kr_status kr__pth_open_memory(const char *name, const void *bytes, size_t n_bytes, kr_pth **out,
                              kr_error *err);
void kr__pth_close(kr_pth *pth);

/* Tensors in the order of the file. */
int64_t kr__pth_count(const kr_pth *pth);
/* Name, type and shape of tensor i, data NULL; lives as long as pth. NULL: i is out of range. */
const kr_array *kr__pth_info(const kr_pth *pth, int64_t i);
/* Number of the tensor with this dotted name, or -1. */
int64_t kr__pth_find(const kr_pth *pth, const char *name);
/* Tensor i with its elements, made contiguous; free it with kr_array_deinit. Tensors that share a
 * storage are fastest in the order of the file. */
kr_status kr__pth_get(kr_pth *pth, int64_t i, kr_array *out, kr_error *err);

/* Numbers, texts, "true", "false" and "null" outside of tensors, in the order of the file. */
int64_t kr__pth_n_metadata(const kr_pth *pth);
kr_text_pair kr__pth_metadata(const kr_pth *pth, int64_t i);
/* NULL when key is missing. */
const char *kr__pth_value(const kr_pth *pth, const char *key);

/* ---- writing ---------------------------------------------------------------------------- */

/* A tree is written from front to back: in a dictionary key and value in turn, where a key is a
 * text or an integer. Files load with torch.load(weights_only=True); the same tree gives the same
 * bytes.
 *
 *     kr__pth_writer_create(&w, err);
 *     kr__pth_put_dict(w);
 *     kr__pth_put_text(w, "epoch"); kr__pth_put_int(w, 3);
 *     kr__pth_put_text(w, "model_state_dict"); kr__pth_put_ordered_dict(w);
 *     kr__pth_put_text(w, "norm.weight"); kr__pth_put_tensor(w, &array);
 *     kr__pth_put_end(w);
 *     kr__pth_put_end(w);
 *     kr__pth_writer_commit(w, path, err); kr__pth_writer_destroy(w);
 *
 * Running out of memory, and a tensor of a type that PyTorch lacks, are remembered until commit. */
typedef struct kr_pth_writer kr_pth_writer;
kr_status kr__pth_writer_create(kr_pth_writer **out, kr_error *err);
/* NULL is fine. */
void kr__pth_writer_destroy(kr_pth_writer *writer);
void kr__pth_put_dict(kr_pth_writer *writer);
void kr__pth_put_ordered_dict(kr_pth_writer *writer);
void kr__pth_put_list(kr_pth_writer *writer);
/* Of the innermost dictionary or list. */
void kr__pth_put_end(kr_pth_writer *writer);
void kr__pth_put_text(kr_pth_writer *writer, const char *text);
void kr__pth_put_int(kr_pth_writer *writer, int64_t value);
void kr__pth_put_real(kr_pth_writer *writer, double value);
void kr__pth_put_bool(kr_pth_writer *writer, bool value);
void kr__pth_put_none(kr_pth_writer *writer);
/* The elements must stay until commit. Numbers of float16 to 64, bfloat16, (u)int8, int16 to 64 and
 * bool. */
void kr__pth_put_tensor(kr_pth_writer *writer, const kr_array *array);
/* Write the file, which is replaced only when complete. */
kr_status kr__pth_writer_commit(kr_pth_writer *writer, const char *path, kr_error *err);

KR_END_DECLS

#endif
