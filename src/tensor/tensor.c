/* SPDX-License-Identifier: MIT
 * tensor.c - shapes and views. */
#include "tensor/tensor.h"

#include <assert.h>
#include <stdio.h>

kr_tensor kr__tensor_make(int rank, const int64_t *shape) {
    assert(rank >= 0 && rank <= KR_MAX_RANK);
    kr_tensor t = {.rank = rank, .grad_offset = -1};
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        t.shape[i] = shape[i];
        t.stride[i] = stride;
        stride *= shape[i];
    }
    return t;
}

kr_tensor kr__tensor_in_state(int64_t offset, int rank, const int64_t *shape) {
    kr_tensor t = kr__tensor_make(rank, shape);
    t.space = KR_SPACE_STATE;
    t.offset = offset;
    return t;
}

int64_t kr__tensor_size(const kr_tensor *t) {
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= t->shape[i];
    return n;
}

bool kr__tensor_is_contiguous(const kr_tensor *t) {
    int64_t stride = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        if (t->shape[i] != 1 && t->stride[i] != stride) return false;
        stride *= t->shape[i];
    }
    return true;
}

bool kr__tensor_same_shape(const kr_tensor *a, const kr_tensor *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->shape[i] != b->shape[i]) return false;
    }
    return true;
}

bool kr__tensor_as_matrix(const kr_tensor *t, kr_matrix *m) {
    if (t->rank == 0) return false;
    int last = t->rank - 1;
    if (t->shape[last] != 1 && t->stride[last] != 1) return false;
    int64_t rows = 1, row_stride = 0; /* 0: only axes of size 1 so far */
    for (int i = last - 1; i >= 0; i--) {
        if (t->shape[i] == 1) continue;
        if (row_stride == 0) {
            row_stride = t->stride[i];
        } else if (t->stride[i] != row_stride * rows) {
            return false;
        }
        rows *= t->shape[i];
    }
    *m = (kr_matrix){rows, t->shape[last], row_stride ? row_stride : t->shape[last]};
    return true;
}

kr_tensor kr__slice(kr_tensor t, int axis, int64_t start, int64_t count) {
    if (t.rank == 0) return t; /* a failed plan's tensor */
    assert(axis >= 0 && axis < t.rank);
    assert(start >= 0 && count >= 0 && start + count <= t.shape[axis]);
    t.offset += start * t.stride[axis];
    if (t.grad_offset >= 0) t.grad_offset += start * t.stride[axis];
    t.shape[axis] = count;
    return t;
}

kr_tensor kr__transpose(kr_tensor t, int axis_a, int axis_b) {
    if (t.rank == 0) return t;
    assert(axis_a >= 0 && axis_a < t.rank && axis_b >= 0 && axis_b < t.rank);
    int64_t shape = t.shape[axis_a], stride = t.stride[axis_a];
    t.shape[axis_a] = t.shape[axis_b];
    t.stride[axis_a] = t.stride[axis_b];
    t.shape[axis_b] = shape;
    t.stride[axis_b] = stride;
    return t;
}

kr_tensor kr__reverse(kr_tensor t, int axis) {
    if (t.rank == 0) return t;
    assert(axis >= 0 && axis < t.rank && t.shape[axis] > 0);
    int64_t last = (t.shape[axis] - 1) * t.stride[axis];
    t.offset += last;
    if (t.grad_offset >= 0) t.grad_offset += last;
    t.stride[axis] = -t.stride[axis];
    return t;
}

kr_tensor kr__detach(kr_tensor t) {
    t.grad_offset = -1;
    return t;
}

/* Walk both shapes from the fast end, matching groups of axes with the same product. */
kr_tensor kr__reshape(kr_tensor t, int rank, const int64_t *shape) {
    if (t.rank == 0) return t;
    kr_tensor r = t;
    r.rank = rank;
    int from = t.rank - 1, to = rank - 1;
    while (from >= 0 || to >= 0) {
        int64_t size_from = 1, size_to = 1, stride = 1;
        int first_from = from, first_to = to;
        if (from >= 0) {
            stride = t.stride[from];
            size_from = t.shape[from--];
        }
        if (to >= 0) size_to = shape[to--];
        while (size_from != size_to) {
            if (size_from < size_to) {
                assert(from >= 0);
                /* merged axes must be evenly spaced */
                assert(t.shape[from] == 1 || size_from == 1 ||
                       t.stride[from] == stride * size_from);
                if (size_from == 1) stride = t.stride[from];
                size_from *= t.shape[from--];
            } else {
                assert(to >= 0);
                size_to *= shape[to--];
            }
        }
        (void)first_from;
        for (int i = first_to; i > to; i--) {
            r.shape[i] = shape[i];
            r.stride[i] = stride;
            stride *= shape[i];
        }
    }
    return r;
}

const char *kr__shape_text(const kr_tensor *t, char text[KR_SHAPE_TEXT]) {
    size_t n = 0;
    n += (size_t)snprintf(text, KR_SHAPE_TEXT, "(");
    for (int i = 0; i < t->rank && n < KR_SHAPE_TEXT; i++) {
        n += (size_t)snprintf(text + n, KR_SHAPE_TEXT - n, i ? ", %lld" : "%lld",
                              (long long)t->shape[i]);
    }
    if (n < KR_SHAPE_TEXT) snprintf(text + n, KR_SHAPE_TEXT - n, ")");
    return text;
}
