/* SPDX-License-Identifier: MIT
 * ops.c - the list of ops. */
#include "ops/ops.h"

#include <string.h>

static const kr_op *const ops[] = {
#define KR_OP(name) &kr_op_##name,
#include "ops/ops.inc"
#undef KR_OP
};

int kr_op_count(void) { return (int)(sizeof ops / sizeof ops[0]); }
const kr_op *kr_op_at(int i) { return ops[i]; }

const kr_op *kr_op_find(const char *name) {
    for (int i = 0; i < kr_op_count(); i++) {
        if (strcmp(ops[i]->name, name) == 0) return ops[i];
    }
    return NULL;
}
