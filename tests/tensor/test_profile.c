/* SPDX-License-Identifier: MIT
 * test_profile.c - calls are counted, time and work added up; measuring changes no number and
 * allocates nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/real.h"
#include "ops/ops.h"
#include "tensor/profile_internal.h"

enum { ROWS = 6, N_IN = 10, N_OUT = 4, RUNS = 3 };

typedef struct bench {
    kr_plan *plan;
    kr_tensor x, weight, y;
    kr_run run;
    int64_t size;
} bench;

/* y = f(x weight^T) + f(x weight^T): one product, one activation, one sum. */
static void open_bench(bench *b, bool with_backward) {
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, with_backward, &b->plan, NULL), KR_OK);
    b->x = kr__plan_input(b->plan, 2, (int64_t[]){ROWS, N_IN}, true);
    b->weight = kr__plan_input(b->plan, 2, (int64_t[]){N_OUT, N_IN}, true);
    kr_tensor h = kr__silu(b->plan, kr__linear(b->plan, b->x, b->weight, KR_NONE));
    b->y = kr__add(b->plan, h, h);
    kr__plan_output(b->plan, b->y);
    assert_int_equal(kr__plan_finish(b->plan, NULL), KR_OK);
    b->x = kr__plan_resolve(b->plan, b->x);
    b->weight = kr__plan_resolve(b->plan, b->weight);
    b->y = kr__plan_resolve(b->plan, b->y);
    b->size = kr__plan_work_size(b->plan);
    kr_real *work = kr__calloc((size_t)b->size, sizeof *work);
    kr_real *scratch = kr__calloc((size_t)kr__plan_scratch_size(b->plan) + 16, sizeof *scratch);
    b->run = (kr_run){.data = {work, NULL}, .grad = {work, NULL}, .scratch = scratch};
}

static void close_bench(bench *b) {
    kr_free(b->run.data[KR_SPACE_WORK]);
    kr_free(b->run.scratch);
    kr_free(b->run.timings);
    kr__plan_destroy(b->plan);
}

static void measure(bench *b) {
    b->run.timings = kr__calloc((size_t)kr__plan_node_count(b->plan), sizeof *b->run.timings);
}

static void run(bench *b, bool with_backward, bool is_together) {
    const kr_per_worker scratch = {b->run.scratch, 0}; /* of a team of one */
    for (int i = 0; i < ROWS * N_IN; i++) kr__data(&b->run, &b->x)[i] = (kr_real)(i % 7) - 3;
    for (int i = 0; i < N_OUT * N_IN; i++) kr__data(&b->run, &b->weight)[i] = (kr_real)(i % 5) / 8;
    if (is_together) {
        kr__plan_forward_together(b->plan, &b->run, &scratch);
    } else {
        kr__plan_forward(b->plan, &b->run);
    }
    if (!with_backward) return;
    for (int i = 0; i < ROWS * N_OUT; i++) kr__grad(&b->run, &b->y)[i] = 1;
    if (is_together) {
        kr__plan_backward_together(b->plan, &b->run, &scratch);
    } else {
        kr__plan_backward(b->plan, &b->run);
    }
}

static const kr_profile_row *find(const kr_profile *p, const char *op, kr_pass pass) {
    for (int i = 0; i < p->n_rows; i++) {
        if (strcmp(p->rows[i].op, op) == 0 && p->rows[i].pass == pass) return &p->rows[i];
    }
    fail_msg("no row for %s", op);
    return NULL;
}

static void check_row(const kr_profile *p, const char *op, kr_pass pass, double work,
                      const char *unit) {
    const kr_profile_row *row = find(p, op, pass);
    assert_int_equal(row->calls, RUNS);
    assert_true(row->seconds > 0 && row->seconds <= p->seconds);
    assert_true(row->work == RUNS * work);
    assert_string_equal(row->unit, unit);
}

static void count(bool is_together) {
    bench b;
    kr_profile p = {.n_rows = 0};
    open_bench(&b, true);
    measure(&b);
    for (int i = 0; i < RUNS; i++) run(&b, true, is_together);
    kr__profile_add(&p, b.plan, b.run.timings);
    kr__profile_sort(&p);
    assert_int_equal(p.n_rows, 6);
    const double product = 2.0 * ROWS * N_IN * N_OUT, bytes = ROWS * N_OUT * sizeof(kr_real);
    check_row(&p, "linear", KR_PASS_FORWARD, product, "FLOP");
    check_row(&p, "linear", KR_PASS_BACKWARD, 2 * product, "FLOP");
    check_row(&p, "add", KR_PASS_FORWARD, 3 * bytes, "B");
    check_row(&p, "add", KR_PASS_BACKWARD, 3 * bytes, "B");
    double sum = 0;
    for (int i = 0; i < p.n_rows; i++) {
        sum += p.rows[i].seconds;
        assert_true(i == 0 || p.rows[i].seconds <= p.rows[i - 1].seconds);
    }
    assert_true(sum > 0.999 * p.seconds && sum < 1.001 * p.seconds);
    close_bench(&b);
}

static void calls_and_work_are_counted(void **state) {
    (void)state;
    count(false);
    count(true);
}

static void a_plan_without_backward_is_inference(void **state) {
    (void)state;
    bench b;
    kr_profile p = {.n_rows = 0};
    open_bench(&b, false);
    measure(&b);
    for (int i = 0; i < RUNS; i++) run(&b, false, false);
    kr__profile_add(&p, b.plan, b.run.timings);
    assert_int_equal(p.n_rows, 3);
    assert_int_equal(find(&p, "silu", KR_PASS_INFERENCE)->calls, RUNS);
    close_bench(&b);
}

static void measuring_changes_nothing(void **state) {
    (void)state;
    bench plain, measured;
    open_bench(&plain, true);
    open_bench(&measured, true);
    measure(&measured);
    uint64_t before = kr__alloc_count();
    run(&plain, true, false);
    run(&measured, true, false);
    assert_int_equal(kr__alloc_count(), before);
    assert_memory_equal(plain.run.data[KR_SPACE_WORK], measured.run.data[KR_SPACE_WORK],
                        (size_t)plain.size * sizeof(kr_real));
    close_bench(&plain);
    close_bench(&measured);
}

static void the_table_has_a_line_for_each_row(void **state) {
    (void)state;
    char text[160];
    kr_profile p = {.rows = {{"linear", KR_PASS_FORWARD, 10, 0.5, 1e9, "FLOP"},
                             {"add", KR_PASS_INFERENCE, 2000, 0.125, 1e9, "B"}},
                    .n_rows = 2,
                    .seconds = 0.625};
    const char *const lines[] = {
        "op                 pass           calls           ms   share       rate",
        "linear             forward           10        500.0   80.0%       2.00 GFLOP/s",
        "add                inference       2000        125.0   20.0%       8.00 GB/s",
        "all                                            625.0  100.0%"};
    for (int i = 0; i < 4; i++) {
        assert_true(kr_profile_line(&p, i, text, sizeof text));
        assert_string_equal(text, lines[i]);
    }
    assert_false(kr_profile_line(&p, 4, text, sizeof text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_work_are_counted),
        cmocka_unit_test(a_plan_without_backward_is_inference),
        cmocka_unit_test(measuring_changes_nothing),
        cmocka_unit_test(the_table_has_a_line_for_each_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
