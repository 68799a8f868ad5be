/* SPDX-License-Identifier: MIT
 * strided.c - plane by plane of the last two axes: row by row where the last stride is 1, in strips
 * or tiles where it is not.
 *
 * Tiles keep both sides of a transposition in the cache. Rows, columns and tiles are taken in
 * order, so that a sum over a repeated axis has one fixed order. */
#include "tensor/strided.h"

#include <assert.h>
#include <string.h>

#include "core/real.h"

enum { TILE = 32, LINE = 16 };

typedef struct steps {
    int64_t row, col;
} steps;

static void copy_tile(int64_t rows, int64_t cols, const kr_real *restrict from, steps f,
                      kr_real *restrict to, steps t) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            to[r * t.row + c * t.col] = from[r * f.row + c * f.col];
        }
    }
}

/* Where one side's columns are contiguous: strips of so many rows as a line of the cache holds, so
 * that all of a line that was fetched is used. */
static void copy_turned(int64_t rows, int64_t cols, const kr_real *restrict from, steps f,
                        kr_real *restrict to, steps t) {
    for (int64_t r = 0; r < rows; r += LINE) {
        int64_t end = rows - r < LINE ? rows : r + LINE;
        for (int64_t c = 0; c < cols; c++) {
            for (int64_t k = r; k < end; k++) {
                to[k * t.row + c * t.col] = from[k * f.row + c * f.col];
            }
        }
    }
}

static void add_tile(int64_t rows, int64_t cols, const kr_real *restrict from, steps f,
                     kr_real *restrict to, steps t) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            to[r * t.row + c * t.col] += from[r * f.row + c * f.col];
        }
    }
}

static void copy_plane(int64_t rows, int64_t cols, const kr_real *from, steps f, kr_real *to,
                       steps t) {
    if (f.col == 1 && t.col == 1) {
        for (int64_t r = 0; r < rows; r++) {
            memcpy(to + r * t.row, from + r * f.row, (size_t)cols * sizeof *to);
        }
        return;
    }
    if (f.row == 1 || t.row == 1) {
        copy_turned(rows, cols, from, f, to, t);
        return;
    }
    for (int64_t r = 0; r < rows; r += TILE) {
        for (int64_t c = 0; c < cols; c += TILE) {
            copy_tile(rows - r < TILE ? rows - r : TILE, cols - c < TILE ? cols - c : TILE,
                      from + r * f.row + c * f.col, f, to + r * t.row + c * t.col, t);
        }
    }
}

static void add_plane(int64_t rows, int64_t cols, const kr_real *from, steps f, kr_real *to,
                      steps t) {
    const steps unit_f = {f.row, 1}, unit_t = {t.row, 1};
    if (f.col == 1 && t.col == 1) { /* with constant steps the compiler uses vectors */
        add_tile(rows, cols, from, unit_f, to, unit_t);
        return;
    }
    for (int64_t r = 0; r < rows; r += TILE) {
        for (int64_t c = 0; c < cols; c += TILE) {
            add_tile(rows - r < TILE ? rows - r : TILE, cols - c < TILE ? cols - c : TILE,
                     from + r * f.row + c * f.col, f, to + r * t.row + c * t.col, t);
        }
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

static void walk_planes(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                        kr_real *to, bool is_sum) {
    assert(kr__tensor_same_shape(from_view, to_view));
    kr_tensor f = pad_axes(from_view), t = pad_axes(to_view);
    const steps f_steps = {f.stride[2], f.stride[3]}, t_steps = {t.stride[2], t.stride[3]};
    for (int64_t i = 0; i < t.shape[0]; i++) {
        for (int64_t j = 0; j < t.shape[1]; j++) {
            (is_sum ? add_plane : copy_plane)(t.shape[2], t.shape[3],
                                              from + i * f.stride[0] + j * f.stride[1], f_steps,
                                              to + i * t.stride[0] + j * t.stride[1], t_steps);
        }
    }
}

void kr__strided_copy(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                      kr_real *to) {
    walk_planes(from_view, from, to_view, to, false);
}

void kr__strided_add(const kr_tensor *from_view, const kr_real *from, const kr_tensor *to_view,
                     kr_real *to) {
    walk_planes(from_view, from, to_view, to, true);
}
