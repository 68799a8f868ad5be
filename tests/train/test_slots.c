/* SPDX-License-Identifier: MIT
 * test_slots.c - sums of slots: the tree of one process for any number of ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "support/thread_ranks.h"
#include "train/slots.h"

enum { MOST_SLOTS = 19, MOST_SIZE = 20000 };

typedef struct problem {
    int64_t n, size;
    const kr_real *given;  /* (n, size) */
    const kr_real *wanted; /* (size) */
    bool is_right[32];     /* by rank */
} problem;

static kr_real given[MOST_SLOTS * MOST_SIZE], wanted[MOST_SIZE];

/* The definition: slot 0 with the half of its tree, and so on. */
static kr_real sum_of(const problem *p, int64_t slot, int64_t reach, int64_t i) {
    if (reach == 1) return p->given[slot * p->size + i];
    kr_real left = sum_of(p, slot, reach / 2, i);
    int64_t right = slot + reach / 2;
    return right < p->n ? left + sum_of(p, right, reach / 2, i) : left;
}

static void make(problem *p, int64_t n, int64_t size) {
    kr_rng rng = kr__rng_make(4, KR_STREAM_TEST, (uint64_t)(n * 7 + size));
    int64_t reach = 1;
    *p = (problem){.n = n, .size = size, .given = given, .wanted = wanted};
    for (int64_t i = 0; i < n * size; i++) given[i] = (kr_real)kr__rng_normal(&rng);
    while (reach < n) reach *= 2;
    for (int64_t i = 0; i < size; i++) wanted[i] = sum_of(p, 0, reach, i);
}

/* Each rank has only its own slots; numbers of the others would be seen. */
static void add(const kr_ranks *ranks, void *arg) {
    problem *p = arg;
    kr_team *team = NULL;
    kr__slots slots;
    int64_t first, end;
    bool is_right = kr_team_create(1 + ranks->rank % 3, NULL, NULL, &team, NULL) == KR_OK &&
                    kr_team_join(team, ranks, NULL) == KR_OK &&
                    kr__slots_init(team, MOST_SLOTS, p->size, &slots);
    if (!is_right) return;
    kr__slots_own(team, p->n, &first, &end);
    for (int64_t i = 0; i < MOST_SLOTS * p->size; i++) slots.values[i] = 777;
    for (int64_t s = first; s < end; s++) {
        memcpy(slots.values + s * p->size, p->given + s * p->size,
               (size_t)p->size * sizeof(kr_real));
        slots.losses[s] = 10 + (double)s;
    }
    kr__slots_add(team, &slots, p->n);
    is_right = memcmp(slots.values, p->wanted, (size_t)p->size * sizeof(kr_real)) == 0;
    for (int64_t s = 0; s < p->n; s++) is_right &= slots.losses[s] == 10 + (double)s;
    p->is_right[ranks->rank] = is_right;
    kr__slots_deinit(&slots);
    kr_team_destroy(team);
}

static void check(int64_t n, int64_t size, int count) {
    problem p;
    make(&p, n, size);
    test_ranks(count, add, &p);
    for (int r = 0; r < count; r++) {
        if (!p.is_right[r]) {
            fail_msg("%d slots of %d, %d ranks: rank %d", (int)n, (int)size, count, r);
        }
    }
}

static void ranks_do_not_change_a_sum(void **state) {
    (void)state;
    static const int counts[] = {1, 2, 3, 4, 5, 8, 21};
    for (int64_t n = 1; n <= MOST_SLOTS; n++) {
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) check(n, 37, counts[i]);
    }
}

/* Of one element there are strips without any; of many, pieces for workers. */
static void strips_of_any_size(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 15, 16, 17, 33, MOST_SIZE};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check(16, sizes[i], 3);
        check(5, sizes[i], 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_do_not_change_a_sum),
        cmocka_unit_test(strips_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
