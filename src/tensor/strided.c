/* SPDX-License-Identifier: MIT
 * strided.c - three loops over the slow axes, rows along the last. */
#include "tensor/strided.h"

#include <assert.h>
#include <string.h>

typedef void (*row_fn)(int64_t n, const kr_real *from, int64_t from_step, kr_real *to,
                       int64_t to_step);

static void copy_row(int64_t n, const kr_real *restrict from, int64_t from_step,
                     kr_real *restrict to, int64_t to_step) {
    if (from_step == 1 && to_step == 1) {
        memcpy(to, from, (size_t)n * sizeof *to);
    } else {
        for (int64_t i = 0; i < n; i++) to[i * to_step] = from[i * from_step];
    }
}

static void add_row(int64_t n, const kr_real *restrict from, int64_t from_step,
                    kr_real *restrict to, int64_t to_step) {
    if (from_step == 1 && to_step == 1) {
        for (int64_t i = 0; i < n; i++) to[i] += from[i];
    } else {
        for (int64_t i = 0; i < n; i++) to[i * to_step] += from[i * from_step];
    }
}

/* Axes of size 1 in front, so that every tensor has KR_MAX_RANK. */
static kr_tensor pad_axes(const kr_tensor *t) {
    kr_tensor r = {.rank = KR_MAX_RANK, .shape = {1, 1, 1, 1}};
    for (int i = 0; i < t->rank; i++) {
        r.shape[KR_MAX_RANK - t->rank + i] = t->shape[i];
        r.stride[KR_MAX_RANK - t->rank + i] = t->stride[i];
    }
    return r;
}

static void walk_rows(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                      kr_real *to, row_fn fn) {
    assert(kr_tensor_same_shape(from_view, to_view));
    kr_tensor f = pad_axes(from_view), t = pad_axes(to_view);
    for (int64_t i = 0; i < t.shape[0]; i++) {
        for (int64_t j = 0; j < t.shape[1]; j++) {
            for (int64_t k = 0; k < t.shape[2]; k++) {
                fn(t.shape[3], from + i * f.stride[0] + j * f.stride[1] + k * f.stride[2],
                   f.stride[3], to + i * t.stride[0] + j * t.stride[1] + k * t.stride[2],
                   t.stride[3]);
            }
        }
    }
}

void kr__strided_copy(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                      kr_real *to) {
    walk_rows(from_view, from, to_view, to, copy_row);
}

void kr__strided_add(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                     kr_real *to) {
    walk_rows(from_view, from, to_view, to, add_row);
}
