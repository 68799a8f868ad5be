/* SPDX-License-Identifier: MIT
 * profile.c - times of nodes to a table of ops. */
#include "core/real.h"
#include "tensor/profile_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- work ------------------------------------------------------------------------------- */

static double count_values(const kr_tensor *tensors, int n, unsigned which) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (which >> i & 1) sum += (double)kr__tensor_size(&tensors[i]);
    }
    return sum;
}

static unsigned with_gradient(const kr_tensor *tensors, int n) {
    unsigned which = 0;
    for (int i = 0; i < n; i++) which |= (unsigned)(tensors[i].grad_offset >= 0) << i;
    return which;
}

/* Every value once: what forward reads and writes; what backward keeps, and the gradients. */
static kr_work count_bytes(const kr_node *node) {
    double forward = count_values(node->in, node->n_in, ~0u) +
                     count_values(node->out, node->n_out, ~0u) + (double)node->n_saved;
    double backward = count_values(node->in, node->n_in, node->keeps_in) +
                      count_values(node->out, node->n_out, node->keeps_out) +
                      count_values(node->in, node->n_in, with_gradient(node->in, node->n_in)) +
                      count_values(node->out, node->n_out, ~0u) + (double)node->n_saved;
    return (kr_work){forward * sizeof(kr_real), backward * sizeof(kr_real), "B"};
}

/* ---- rows ------------------------------------------------------------------------------- */

static void add_row(kr_profile *p, const kr_profile_row *row) {
    kr_profile_row *found = NULL;
    if (row->calls == 0) return;
    for (int i = 0; i < p->n_rows && !found; i++) {
        if (p->rows[i].op == row->op && p->rows[i].pass == row->pass) found = &p->rows[i];
    }
    if (!found) {
        if (p->n_rows == KR_PROFILE_ROWS) return;
        found = &p->rows[p->n_rows++];
        *found = (kr_profile_row){.op = row->op, .pass = row->pass, .unit = row->unit};
    }
    found->calls += row->calls;
    found->seconds += row->seconds;
    found->work += row->work;
    p->seconds += row->seconds;
}

void kr__profile_add(kr_profile *profile, const kr_plan *plan, const kr_timing *timings) {
    kr_pass first = kr__plan_has_backward(plan) ? KR_PASS_FORWARD : KR_PASS_INFERENCE;
    for (int i = 0; i < kr__plan_node_count(plan); i++) {
        const kr_node *node = kr__plan_node(plan, i);
        const kr_timing *t = &timings[i];
        kr_work work = node->op->work ? node->op->work(node) : count_bytes(node);
        add_row(profile,
                &(kr_profile_row){node->op->name, first, t->forward_calls, t->forward_seconds,
                                  (double)t->forward_calls * work.forward, work.unit});
        add_row(profile, &(kr_profile_row){node->op->name, KR_PASS_BACKWARD, t->backward_calls,
                                           t->backward_seconds,
                                           (double)t->backward_calls * work.backward, work.unit});
    }
}

static int compare_rows(const void *a, const void *b) {
    const kr_profile_row *x = a, *y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

void kr__profile_sort(kr_profile *profile) {
    qsort(profile->rows, (size_t)profile->n_rows, sizeof profile->rows[0], compare_rows);
}

/* ---- the table -------------------------------------------------------------------------- */

const char *kr_pass_name(kr_pass pass) {
    static const char *const names[] = {"forward", "backward", "inference"};
    return names[pass];
}

bool kr_profile_line(const kr_profile *p, int line, char *text, size_t size) {
    if (line > p->n_rows + 1) return false;
    if (line == 0) {
        snprintf(text, size, "%-18s %-9s %10s %12s %7s %10s", "op", "pass", "calls", "ms", "share",
                 "rate");
        return true;
    }
    if (line == p->n_rows + 1) {
        snprintf(text, size, "%-18s %-9s %10s %12.1f %6.1f%%", "all", "", "", 1e3 * p->seconds,
                 100.0);
        return true;
    }
    const kr_profile_row *row = &p->rows[line - 1];
    double share = p->seconds > 0 ? row->seconds / p->seconds : 0;
    double rate = row->seconds > 0 ? row->work / row->seconds : 0;
    snprintf(text, size, "%-18s %-9s %10lld %12.1f %6.1f%% %10.2f G%s/s", row->op,
             kr_pass_name(row->pass), (long long)row->calls, 1e3 * row->seconds, 100 * share,
             1e-9 * rate, row->unit);
    return true;
}
