/* SPDX-License-Identifier: MIT
 * tensor.h - a shape, strides and a place; no memory of its own.
 *
 * A tensor names numbers that live in one of three spaces: the work memory of a worker
 * (activations), the parameter vector, or a state, which a run finds and leaves changed. Which
 * memory that is, is decided when a plan runs: kr_run in plan.h. */
#ifndef KR_TENSOR_H
#define KR_TENSOR_H

#include <kr/base.h>

enum { KR_MAX_RANK = 4 };

typedef enum kr_space { KR_SPACE_WORK, KR_SPACE_PARAM, KR_SPACE_STATE, KR_SPACES } kr_space;

typedef struct kr_tensor {
    int rank;
    int64_t shape[KR_MAX_RANK];
    int64_t stride[KR_MAX_RANK]; /* in elements */
    kr_space space;
    int32_t buffer;      /* WORK: the plan's buffer; PARAM: number of the parameter; STATE: 0 */
    int64_t offset;      /* of element 0: inside the buffer until the plan is finished, then inside
                            the space */
    int64_t grad_offset; /* the same for the gradient; -1: no gradient is wanted */
} kr_tensor;

/* Contiguous, with the last axis fastest; buffer and offsets 0, no gradient. */
kr_tensor kr__tensor_make(int rank, const int64_t *shape);
/* The same in a state, from `offset` on. */
kr_tensor kr__tensor_in_state(int64_t offset, int rank, const int64_t *shape);

/* Number of elements. */
int64_t kr__tensor_size(const kr_tensor *t);
bool kr__tensor_is_contiguous(const kr_tensor *t);
bool kr__tensor_same_shape(const kr_tensor *a, const kr_tensor *b);

/* Seen as a matrix: the last axis (which must have stride 1, or size 1) is the columns, all other
 * axes together the rows, one every row_stride elements. False when the strides do not allow it. */
typedef struct kr_matrix {
    int64_t rows, cols, row_stride;
} kr_matrix;
bool kr__tensor_as_matrix(const kr_tensor *t, kr_matrix *m);

/* Views. The arguments are asserted, not checked: they come from our own models. */
kr_tensor kr__slice(kr_tensor t, int axis, int64_t start, int64_t count);
kr_tensor kr__transpose(kr_tensor t, int axis_a, int axis_b);
/* From the last to the first. */
kr_tensor kr__reverse(kr_tensor t, int axis);
/* Same elements, other axes; t must be contiguous, or only its first axis may be strided while the
 * split or merge leaves that stride uniform (tokens of a slice). */
kr_tensor kr__reshape(kr_tensor t, int rank, const int64_t *shape);
/* The same numbers as a constant: gradients do not go through. */
kr_tensor kr__detach(kr_tensor t);

/* "(3, 7, 16)" into text, for error sentences. */
enum { KR_SHAPE_TEXT = 96 };
const char *kr__shape_text(const kr_tensor *t, char text[KR_SHAPE_TEXT]);

#endif
