/* SPDX-License-Identifier: MIT
 * tensor_load.h - tensors of a file as the numbers that the library computes with. */
#ifndef KR_TENSOR_LOAD_H
#define KR_TENSOR_LOAD_H

#include <kr/files.h>

#include "core/real.h"

/* The n elements of tensor i converted into out. */
kr_status kr__tensor_file_load(kr_tensor_file *file, int64_t i, kr_real *out, kr_error *err);

#endif
