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
#include "files/tree.h"

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

/* Write the tree, whose root may be any dictionary; the file loads with
 * torch.load(weights_only=True), and is replaced only when complete. The same tree gives the same
 * bytes. Tensors of float16 to 64, bfloat16, (u)int8, int16 to 64 and bool; KR_UNSUPPORTED: of a
 * type that PyTorch lacks. */
kr_status kr__pth_write(const kr__tree *tree, const char *path, kr_error *err);

KR_END_DECLS

#endif
