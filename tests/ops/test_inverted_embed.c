/* SPDX-License-Identifier: MIT
 * test_inverted_embed.c - series to tokens, with and without marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    bool has_mark = arg != NULL;
    out[0] = kr__inverted_embed(plan, in[0], has_mark ? in[3] : KR_NONE, in[1], in[2]);
    return 1;
}

static void check(int64_t batch, int64_t seq_len, int64_t n_vars, int64_t n_marks,
                  int64_t d_model) {
    kr_gradcheck c = {.name = "inverted_embed",
                      .batch = batch,
                      .n_in = n_marks ? 4 : 3,
                      .in = {{3, {batch, seq_len, n_vars}, 0, 0, false},
                             {2, {d_model, seq_len}, 0, 0, false},
                             {1, {d_model}, 0, 0, false},
                             {3, {batch, seq_len, n_marks}, 0, 0, n_marks == 2}},
                      .build = build,
                      .arg = n_marks ? "marks" : NULL};
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    check(1, 1, 1, 0, 1);
    check(3, 5, 7, 0, 3);
    check(2, 9, 3, 4, 17);
    check(2, 9, 1, 2, 5);
}

/* Every other view: the first variates, a transposed mark, the variates as marks of themselves. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor most = kr__slice(in[0], 2, 0, 3);
    out[0] = kr__inverted_embed(plan, most, kr__transpose(in[3], 1, 2), in[1], in[2]);
    out[1] = kr__inverted_embed(plan, most, kr__slice(in[0], 2, 3, 1), in[1], in[2]);
    return 2;
}

static void views(void **state) {
    (void)state;
    kr_gradcheck c = {.name = "inverted_embed views",
                      .batch = 2,
                      .n_in = 4,
                      .in = {{3, {2, 6, 4}, 0, 0, false},
                             {2, {5, 6}, 0, 0, false},
                             {1, {5}, 0, 0, false},
                             {3, {2, 2, 6}, 0, 0, false}},
                      .build = build_views};
    kr_gradcheck_run(&c);
}

static void compare(const char *file, bool has_mark) {
    kr_golden *g = kr_golden_open(file);
    kr_op_bench b;
    kr_op_bench_open(&b, 3);
    kr_tensor x = kr_op_bench_in_golden(&b, g, "in.x");
    kr_tensor mark = has_mark ? kr_op_bench_in_golden(&b, g, "in.x_mark") : KR_NONE;
    kr_tensor weight = kr_op_bench_in_golden(&b, g, "param.value_embedding.weight");
    kr_tensor bias = kr_op_bench_in_golden(&b, g, "param.value_embedding.bias");
    kr_op_bench_out(&b, kr__inverted_embed(b.plan, x, mark, weight, bias));
    kr_op_bench_finish(&b);
    kr_op_bench_compare(&b, g);
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

static void reference(void **state) {
    (void)state;
    compare("embed_ex_mark.npz", true);
    compare("embed_ex_nomark.npz", false);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, 8, 2});
    kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){4, 7});
    kr__inverted_embed(b.plan, x, KR_NONE, weight, kr_op_bench_in(&b, 1, (int64_t[]){4}));
    kr_op_bench_expect_refusal(
        &b,
        "inverted_embed: needs x (batch, seq_len, n_vars), mark (batch, seq_len, n_marks), weight "
        "(d_model, seq_len) and bias (d_model), got (1, 8, 2), none, (4, 7) and (4)");
}

/* Marks are of the same samples and steps. */
static void wrong_marks_are_refused(void **state) {
    (void)state;
    static const struct {
        int rank;
        int64_t shape[3];
        const char *text;
    } marks[] = {{2, {1, 8}, "(1, 8)"}, {3, {2, 8, 2}, "(2, 8, 2)"}, {3, {1, 7, 2}, "(1, 7, 2)"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char sentence[300];
        kr_op_bench b;
        kr_op_bench_open(&b, 1);
        kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, 8, 2});
        kr_tensor mark = kr_op_bench_in(&b, marks[i].rank, marks[i].shape);
        kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){4, 8});
        kr__inverted_embed(b.plan, x, mark, weight, kr_op_bench_in(&b, 1, (int64_t[]){4}));
        snprintf(sentence, sizeof sentence,
                 "inverted_embed: needs x (batch, seq_len, n_vars), mark (batch, seq_len, "
                 "n_marks), weight (d_model, seq_len) and bias (d_model), got (1, 8, 2), %s, (4, "
                 "8) and (4)",
                 marks[i].text);
        kr_op_bench_expect_refusal(&b, sentence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(views),
                                       cmocka_unit_test(reference), cmocka_unit_test(refusal),
                                       cmocka_unit_test(wrong_marks_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
