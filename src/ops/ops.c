/* SPDX-License-Identifier: MIT
 * ops.c - the list of ops, and that of their rows for the CPU. */
#include "ops/ops.h"

#include <math.h>
#include <string.h>

#include "core/real.h"

static const kr_op *const ops[] = {
#define KR_OP(name) &kr_op_##name,
#include "ops/ops.inc"
#undef KR_OP
};

static const kr_op_row *const cpu_rows[] = {
#define KR_OP(name) &kr_op_##name##_cpu,
#include "ops/ops.inc"
#undef KR_OP
};

static void zero(kr_real *x, int64_t n) { memset(x, 0, (size_t)n * sizeof *x); }

static bool are_finite(const kr_real *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) return false;
    }
    return true;
}

const kr_backend kr_backend_cpu = {.name = "cpu",
                                   .n_rows = (int)(sizeof cpu_rows / sizeof cpu_rows[0]),
                                   .rows = cpu_rows,
                                   .zero = zero,
                                   .are_finite = are_finite};

int kr__op_count(void) { return (int)(sizeof ops / sizeof ops[0]); }
const kr_op *kr__op_at(int i) { return ops[i]; }

const kr_op *kr__op_find(const char *name) {
    for (int i = 0; i < kr__op_count(); i++) {
        if (strcmp(ops[i]->name, name) == 0) return ops[i];
    }
    return NULL;
}
