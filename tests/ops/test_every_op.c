/* SPDX-License-Identifier: MIT
 * test_every_op.c - what holds for every op of ops.inc: its gradients; a run that is cut into
 * pieces gives what one that is not gives, with the same bits for one worker and three. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_cases.h"

static const kr_op_sizes small = {.batch = 2, .steps = 6, .series = 3, .width = 4, .ahead = 5};
/* One sample, large enough to be cut into pieces. */
static const kr_op_sizes large = {
    .batch = 1, .steps = 256, .series = 70, .width = 128, .ahead = 300};
/* The same for several samples that all workers walk through together. */
static const kr_op_sizes several = {
    .batch = 3, .steps = 200, .series = 30, .width = 128, .ahead = 100};

/* ---- gradients -------------------------------------------------------------------------- */

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr_op_case_build(*(const int *)arg, plan, in, &small);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip(); /* kinks are too near for the steps of float */
    for (int i = 0; i < kr__op_count(); i++) {
        kr_op_case c = kr_op_case_of(i, &small);
        kr_gradcheck check = {.name = c.name,
                              .batch = small.batch,
                              .n_in = c.n_in,
                              .build = build,
                              .arg = &i,
                              .is_training = true};
        if (c.why || c.in[0].is_partly_constant) continue;
        for (int k = 0; k < c.n_in; k++) {
            check.in[k].rank = c.in[k].rank;
            memcpy(check.in[k].shape, c.in[k].shape, sizeof c.in[k].shape);
            check.in[k].low = c.in[k].low;
            check.in[k].high = c.in[k].high;
            check.in[k].no_grad = c.in[k].is_data;
        }
        kr_gradcheck_run(&check);
    }
}

/* ---- one worker and three ----------------------------------------------------------------- */

/* One op in a plan, with its memory. */
typedef struct bench {
    kr_op_case c;
    kr_plan *plan;
    kr_tensor in[KR_OP_CASE_INPUTS], y;
    kr_real *work;
} bench;

static void open_bench(bench *b, int i, const kr_op_sizes *sizes) {
    kr_error err = {0};
    *b = (bench){.c = kr_op_case_of(i, sizes)};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, sizes->batch, true, &b->plan, &err), KR_OK);
    if (sizes->batch > 1) kr__plan_share(b->plan);
    for (int k = 0; k < b->c.n_in; k++) {
        b->in[k] = kr__plan_input(b->plan, b->c.in[k].rank, b->c.in[k].shape, !b->c.in[k].is_data);
    }
    b->y = kr_op_case_build(i, b->plan, b->in, sizes);
    kr__plan_output(b->plan, b->y);
    if (kr__plan_finish(b->plan, &err) != KR_OK) fail_msg("%s: %s", b->c.name, err.text);
    for (int k = 0; k < b->c.n_in; k++) b->in[k] = kr__plan_resolve(b->plan, b->in[k]);
    b->y = kr__plan_resolve(b->plan, b->y);
    b->work = kr__calloc((size_t)kr__plan_work_size(b->plan) + 1, sizeof *b->work);
    assert_non_null(b->work);
}

static void close_bench(bench *b) {
    kr_free(b->work);
    kr__plan_destroy(b->plan);
}

static void fill(kr_real *x, int64_t n, double low, double high, uint64_t which) {
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(low + (high - low) * kr__rng_uniform(&rng));
}

static int64_t count_numbers(const bench *b) {
    int64_t n = kr__tensor_size(&b->y);
    for (int k = 0; k < b->c.n_in; k++) n += kr__tensor_size(&b->in[k]);
    return n;
}

static kr_real *append(kr_real *to, const kr_real *from, int64_t n) {
    memcpy(to, from, (size_t)n * sizeof *to);
    return to + n;
}

/* Output and gradients, one behind the other: by a team of so many workers; 0: in one go, uncut.
 * Free with kr_free. */
static kr_real *run(const bench *b, int workers) {
    kr_team *team = NULL;
    kr_per_worker scratch;
    kr_error err = {0};
    kr_real *numbers = kr__calloc((size_t)count_numbers(b), sizeof *numbers), *end = numbers;
    size_t n_bytes = ((size_t)kr__plan_scratch_size(b->plan) + 1) * sizeof(kr_real);
    assert_int_equal(kr_team_create(workers > 0 ? workers : 1, NULL, NULL, &team, &err), KR_OK);
    assert_int_equal(kr_per_worker_init(&scratch, team, n_bytes, &err), KR_OK);
    const kr_run r = {.data = {b->work, NULL},
                      .grad = {b->work, NULL},
                      .scratch = scratch.base,
                      .is_training = true,
                      .seed = 11,
                      .step = 3,
                      .team = team};
    memset(b->work, 0x7e, (size_t)kr__plan_work_size(b->plan) * sizeof *b->work); /* junk */
    for (int k = 0; k < b->c.n_in; k++) {
        fill(kr__data(&r, &b->in[k]), kr__tensor_size(&b->in[k]), b->c.in[k].low, b->c.in[k].high,
             (uint64_t)k);
    }
    workers > 0 ? kr__plan_forward_together(b->plan, &r, &scratch) : kr__plan_forward(b->plan, &r);
    int64_t n = kr__tensor_size(&b->y);
    end = append(end, kr__data(&r, &b->y), n);
    fill(kr__grad(&r, &b->y), n, -1, 1, KR_OP_CASE_INPUTS);
    workers > 0 ? kr__plan_backward_together(b->plan, &r, &scratch)
                : kr__plan_backward(b->plan, &r);
    for (int k = 0; k < b->c.n_in; k++) {
        const kr_real *grad = kr__grad(&r, &b->in[k]);
        if (grad) end = append(end, grad, kr__tensor_size(&b->in[k]));
    }
    kr_per_worker_deinit(&scratch);
    kr_team_destroy(team);
    return numbers;
}

static bool is_near(const kr_real *a, const kr_real *b, int64_t n) {
    const double tolerance = sizeof(kr_real) == 8 ? 1e-11 : 1e-3;
    for (int64_t i = 0; i < n; i++) {
        double most = 1 + fabs((double)b[i]);
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance * most)) return false;
    }
    return true;
}

/* The plan alone decides whether a node is cut; sums over its pieces may round otherwise. */
static void check_parts(const kr_op_sizes *sizes) {
    int n_cut = 0;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, sizes).why) continue;
        open_bench(&b, i, sizes);
        for (int k = 0; k < kr__plan_node_count(b.plan); k++) {
            n_cut += kr__plan_node(b.plan, k)->n_pieces > 1;
        }
        int64_t n = count_numbers(&b);
        kr_real *uncut = run(&b, 0), *one = run(&b, 1), *three = run(&b, 3);
        if (!is_near(one, uncut, n)) fail_msg("%s: its pieces give another result", b.c.name);
        if (memcmp(three, one, (size_t)n * sizeof *one) != 0) {
            fail_msg("%s: three workers give other bits than one", b.c.name);
        }
        kr_free(uncut);
        kr_free(one);
        kr_free(three);
        close_bench(&b);
    }
    assert_true(n_cut >= 10); /* else this shows little */
}

static void parts_are_the_whole(void **state) {
    (void)state;
    check_parts(&large);
}

static void parts_of_several_samples_are_the_whole(void **state) {
    (void)state;
    check_parts(&several);
}

/* A case is of the op whose name it has, in the end. */
static void cases_use_their_op(void **state) {
    (void)state;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, &large).why) continue;
        open_bench(&b, i, &large);
        const kr_node *last = kr__plan_node(b.plan, kr__plan_node_count(b.plan) - 1);
        assert_string_equal(last->op->name, b.c.name);
        close_bench(&b);
    }
}

/* What the profile divides by: FLOP or updates of the op itself, of the small sizes. */
static void work_is_counted(void **state) {
    (void)state;
    static const struct {
        const char *name, *unit;
        double forward, backward;
    } rows[] = {{"?", "FLOP", 0, 0}};
    int n_found = 0;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, &small).why) continue;
        open_bench(&b, i, &small);
        const kr_node *node = kr__plan_node(b.plan, kr__plan_node_count(b.plan) - 1);
        for (size_t k = 0; k < sizeof rows / sizeof rows[0] && node->op->work; k++) {
            kr_work work = node->op->work(node);
            printf("%s %s %g %g\n", b.c.name, work.unit, work.forward, work.backward);
            if (strcmp(rows[k].name, b.c.name) != 0) continue;
            assert_string_equal(work.unit, rows[k].unit);
            assert_true(work.forward == rows[k].forward && work.backward == rows[k].backward);
            n_found++;
        }
        close_bench(&b);
    }
    assert_int_equal(n_found, sizeof rows / sizeof rows[0]);
}

/* ---- want of memory ----------------------------------------------------------------------- */

static kr_status plan_op(int i) {
    kr_op_case c = kr_op_case_of(i, &small);
    kr_tensor in[KR_OP_CASE_INPUTS];
    kr_plan *plan = NULL;
    kr_error err = {.text = ""};
    kr_status status = kr__plan_create(&kr_backend_cpu, small.batch, true, &plan, &err);
    if (status != KR_OK) return status;
    for (int k = 0; k < c.n_in; k++) {
        in[k] = kr__plan_input(plan, c.in[k].rank, c.in[k].shape, !c.in[k].is_data);
    }
    kr__plan_output(plan, kr_op_case_build(i, plan, in, &small));
    status = kr__plan_finish(plan, &err);
    kr__plan_destroy(plan);
    assert_int_equal(status != KR_OK, *err.text != '\0');
    return status;
}

static void every_plan_may_lack_memory(void **state) {
    (void)state;
    for (int i = 0; i < kr__op_count(); i++) {
        kr_op_case c = kr_op_case_of(i, &small);
        if (c.why) continue;
        uint64_t before = kr__alloc_count();
        kr__alloc_fail_at(UINT64_MAX);
        assert_int_equal(plan_op(i), KR_OK);
        const uint64_t n_allocs = kr__alloc_count() - before;
        for (uint64_t n = 1; n <= n_allocs; n++) {
            kr__alloc_fail_at(n);
            kr_status status = plan_op(i);
            kr__alloc_fail_at(0);
            if (status != KR_MEMORY) fail_msg("%s: allocation %d", c.name, (int)n);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(parts_are_the_whole),
                                       cmocka_unit_test(parts_of_several_samples_are_the_whole),
                                       cmocka_unit_test(every_plan_may_lack_memory),
                                       cmocka_unit_test(cases_use_their_op),
                                       cmocka_unit_test(work_is_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
