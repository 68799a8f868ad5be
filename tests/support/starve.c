/* SPDX-License-Identifier: MIT
 * starve.c - an allocation fails, is anything lost? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "support/starve.h"

/* What a call did when its n-th allocation failed. */
typedef struct outcome {
    kr_status status;
    uint64_t n_allocs;
    int64_t n_lost;
    kr_error err;
} outcome;

static outcome run(kr_starved_fn *call, void *arg, uint64_t n) {
    outcome o = {.err = {.text = ""}};
    const uint64_t before = kr__alloc_count();
    const int64_t blocks = kr__alloc_in_use();
    kr__alloc_fail_at(n);
    o.status = call(arg, &o.err);
    kr__alloc_fail_at(0);
    o.n_allocs = kr__alloc_count() - before;
    o.n_lost = kr__alloc_in_use() - blocks;
    return o;
}

void kr_starve_some(const char *what, kr_starved_fn *call, void *arg, uint64_t every) {
    enum { EARLY = 500 };
    (void)run(call, arg, UINT64_MAX); /* what is made once for all is made now */
    const outcome whole = run(call, arg, UINT64_MAX);
    if (whole.status != KR_OK) fail_msg("%s: %s", what, whole.err.text);
    if (whole.n_lost != 0) fail_msg("%s: %d blocks are lost", what, (int)whole.n_lost);
    if (whole.n_allocs == 0) fail_msg("%s: nothing was allocated", what);
    for (uint64_t n = 1; n <= whole.n_allocs; n += n < EARLY ? 1 : every) {
        const outcome o = run(call, arg, n);
        if (o.status != KR_MEMORY || !*o.err.text || o.n_lost != 0) {
            fail_msg("%s: allocation %d of %d: status %d, %d blocks are lost: %s", what, (int)n,
                     (int)whole.n_allocs, (int)o.status, (int)o.n_lost, o.err.text);
        }
    }
}

void kr_starve(const char *what, kr_starved_fn *call, void *arg) {
    kr_starve_some(what, call, arg, 1);
}
