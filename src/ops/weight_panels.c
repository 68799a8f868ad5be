/* SPDX-License-Identifier: MIT
 * weight_panels.c - weights in the form in which ops read them. */
#include "ops/weight_panels.h"

#include <string.h>

#include "core/arena.h"
#include "kernels/kernels.h"

kr_status kr__weight_panels_allocate(kr_weight_panels *panels, kr_error *err) {
    panels->values = kr__calloc((size_t)panels->size + 1, sizeof *panels->values);
    return panels->values ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for the panels of weights");
}

void kr__weight_panels_deinit(kr_weight_panels *panels) {
    kr_free(panels->entries);
    kr_free(panels->values);
    *panels = (kr_weight_panels){.n = 0};
}

/* ---- the list ------------------------------------------------------------------------------ */

/* The same matrix: several nodes, and plans for several sizes of a batch, use one weight. */
static const kr_weight_panels_entry *find(const kr_weight_panels *p, kr_panel_kind kind,
                                          int64_t offset, const kr_matrix *weight) {
    for (int64_t i = 0; i < p->n; i++) {
        const kr_weight_panels_entry *e = &p->entries[i];
        if (e->kind == kind && e->offset == offset && e->weight.rows == weight->rows &&
            e->weight.cols == weight->cols && e->weight.row_stride == weight->row_stride) {
            return e;
        }
    }
    return NULL;
}

static bool grow(kr_weight_panels *p) {
    if (p->n < p->most) return true;
    int64_t most = p->most > 0 ? 2 * p->most : 16;
    kr_weight_panels_entry *more = kr__calloc((size_t)most, sizeof *more);
    if (!more) return false;
    if (p->n > 0) memcpy(more, p->entries, (size_t)p->n * sizeof *more);
    kr_free(p->entries);
    p->entries = more;
    p->most = most;
    return true;
}

static int64_t count_panels(const kr_matrix *weight) {
    return (weight->rows + KR_GEMM_PANEL - 1) / KR_GEMM_PANEL;
}

bool kr__weight_view(const kr_tensor *weight, kr_matrix *matrix) {
    kr_tensor w = *weight;
    *matrix = (kr_matrix){0};
    if (w.rank == 3 && w.shape[2] == 1) w.rank = 2;
    return w.rank == 2 && kr__tensor_as_matrix(&w, matrix);
}

kr_status kr__weight_panels_add(kr_node *node, int i, kr_panel_kind kind, kr_error *err) {
    kr_weight_panels *p = kr__plan_panels(node->plan);
    int64_t offset = node->in[i].offset;
    kr_matrix weight;
    if (!p || node->in[i].space != KR_SPACE_PARAM) return KR_OK;
    kr__weight_view(&node->in[i], &weight);
    const kr_weight_panels_entry *known = find(p, kind, offset, &weight);
    if (known) {
        node->panels_at = known->at;
        return KR_OK;
    }
    if (!grow(p)) return kr_fail(err, KR_MEMORY, "out of memory while planning");
    p->entries[p->n++] = (kr_weight_panels_entry){kind, offset, weight, p->size, p->n_panels};
    node->panels_at = p->size;
    p->size += kr__gemm_panels_size(weight.cols, weight.rows);
    p->n_panels += count_panels(&weight);
    return KR_OK;
}

/* ---- making them --------------------------------------------------------------------------- */

typedef struct job {
    const kr_weight_panels *panels;
    const kr_real *parameters;
} job;

/* A whole panel is written, whose surplus rows are never read. */
static void make_decays(const kr_matrix *weight, int64_t n, const kr_real *rows, kr_real *panel) {
    for (int64_t i = 0; i < n; i++) {
        memcpy(panel + i * weight->cols, rows + i * weight->row_stride,
               (size_t)weight->cols * sizeof *panel);
    }
    kr__kernels()->scan_decay(KR_GEMM_PANEL * weight->cols, panel);
}

static void make_panel(void *arg, int64_t piece, int worker) {
    (void)worker;
    const job *j = arg;
    const kr_weight_panels_entry *e = j->panels->entries;
    while (piece >= e->before + count_panels(&e->weight)) e++;
    int64_t first = (piece - e->before) * KR_GEMM_PANEL;
    const kr_real *rows = j->parameters + e->offset + first * e->weight.row_stride;
    int64_t n = e->weight.rows - first < KR_GEMM_PANEL ? e->weight.rows - first : KR_GEMM_PANEL;
    kr_real *panel = j->panels->values + e->at + first * e->weight.cols;
    if (e->kind == KR_PANEL_DECAY) {
        make_decays(&e->weight, n, rows, panel);
    } else {
        kr__kernels()->gemm_pack(e->weight.cols, n, rows, e->weight.row_stride, panel);
    }
}

void kr__weight_panels_make(kr_team *team, const kr_weight_panels *panels,
                            const kr_real *parameters) {
    job j = {panels, parameters};
    if (panels->n_panels > 0) kr_team_for(team, panels->n_panels, make_panel, &j);
}

/* ---- in an op ------------------------------------------------------------------------------ */

kr__gemm_args kr__weight_panels_product(const kr_node *node, const kr_run *run, int i) {
    kr_matrix weight;
    kr__weight_view(&node->in[i], &weight);
    return (kr__gemm_args){.n = weight.rows,
                           .k = weight.cols,
                           .col_a = 1,
                           .b = kr__data(run, &node->in[i]),
                           .row_b = 1,
                           .col_b = weight.row_stride,
                           .panels = kr__weight_panels_of(node, run),
                           .ldc = weight.rows};
}

void kr__weight_panels_multiply(const kr_node *node, const kr_run *run, int i, int64_t m,
                                const kr_real *x, const kr_real *bias, kr_real *y) {
    kr__gemm_args product = kr__weight_panels_product(node, run, i);
    product.m = m;
    product.a = x;
    product.row_a = product.k;
    product.bias = bias;
    product.c = y;
    kr__kernels()->gemm(&product);
}
