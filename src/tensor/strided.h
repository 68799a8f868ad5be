/* SPDX-License-Identifier: MIT
 * strided.h - element by element over two tensors of one shape, whatever their strides. */
#ifndef KR_STRIDED_H
#define KR_STRIDED_H

#include "core/real.h"
#include "tensor/tensor.h"

/* to[i] = from[i]. Of the tensors only shape (the same) and strides are used; the pointers are
 * their element 0. A stride of 0 in from repeats it. The two must not overlap. */
void kr__strided_copy(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                      kr_real *to);

/* to[i] += from[i]. A stride of 0 in to sums over that axis, from its first element to its last. */
void kr__strided_add(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                     kr_real *to);

#endif
