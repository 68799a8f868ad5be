/* SPDX-License-Identifier: MIT
 * test_patch_embed.c - patches, table and global token against reference values; gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__patch_embed(plan, in[0], in[1], in[2]);
    return 1;
}

static void check(int64_t batch, int64_t seq_len, int64_t n_vars, int64_t d_model,
                  int64_t patch_len, bool is_data) {
    kr_gradcheck c = {.name = "patch_embed",
                      .batch = batch,
                      .n_in = 3,
                      .in = {{3, {batch, seq_len, n_vars}, 0, 0, is_data},
                             {2, {d_model, patch_len}, 0, 0, false},
                             {4, {1, n_vars, 1, d_model}, 0, 0, false}},
                      .build = build};
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    check(1, 1, 1, 2, 1, false);
    check(3, 11, 2, 6, 4, false); /* three steps behind the last patch */
    check(2, 12, 5, 18, 3, false);
    check(2, 12, 5, 18, 12, true);
}

/* Series first, the last of three variates only, and x used twice. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor x = kr__transpose(in[0], 1, 2);
    out[0] = kr__patch_embed(plan, kr__slice(x, 2, 2, 1), in[1], kr__slice(in[2], 1, 0, 1));
    out[1] = kr__patch_embed(plan, x, in[1], in[2]);
    return 2;
}

static void views(void **state) {
    (void)state;
    kr_gradcheck c = {.name = "patch_embed views",
                      .batch = 2,
                      .n_in = 3,
                      .in = {{3, {2, 3, 9}, 0, 0, false},
                             {2, {4, 4}, 0, 0, false},
                             {4, {1, 3, 1, 4}, 0, 0, false}},
                      .build = build_views};
    kr_gradcheck_run(&c);
}

/* Weight zero: the tokens are the table itself. */
static kr_op_bench open_table(int64_t n_positions, int64_t d_model) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, n_positions, 1});
    kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){d_model, 1});
    kr_tensor glb = kr_op_bench_in(&b, 4, (int64_t[]){1, 1, 1, d_model});
    kr_op_bench_out(&b, kr__patch_embed(b.plan, x, weight, glb));
    kr_op_bench_finish(&b);
    kr__plan_forward(b.plan, &b.run);
    return b;
}

static void table(void **state) {
    (void)state;
    const bool is_double = sizeof(kr_real) == sizeof(double);
    static const struct {
        const char *name, *name_f64;
        int64_t d_model, first;
        double tolerance;
    } cases[] = {{"pe.d16", "f64.pe.d16", 16, 0, 1e-5},
                 {"pe.d20", "f64.pe.d20", 20, 0, 1e-5},
                 {"pe.d128", "f64.pe.d128", 128, 0, 1e-5},
                 {"pe.d512", "f64.pe.d512", 512, 0, 1e-5},
                 {"pe_last.d16", "f64.pe_last.d16", 16, 4936, 1e-3}};
    kr_golden *g = kr_golden_open("embed_pe.npz");
    for (int i = 0; i < 5; i++) {
        int64_t n;
        const kr_real *want = kr_golden_real(g, is_double ? cases[i].name_f64 : cases[i].name, &n);
        kr_op_bench b = open_table(cases[i].first + n / cases[i].d_model, cases[i].d_model);
        assert_close_abs(b.y[0] + cases[i].first * cases[i].d_model, want, n,
                         is_double ? 1e-9 : cases[i].tolerance);
        kr_op_bench_close(&b);
    }
    kr_golden_close(g);
}

/* The reference run's table was rounded to float even where everything else was double: put its
 * table in the place of ours before the two are compared. */
static void swap_table(kr_op_bench *b, const char *name) {
    int64_t n_tokens = b->out[0].shape[1], d_model = b->out[0].shape[2];
    kr_golden *g = kr_golden_open("embed_pe.npz");
    const kr_real *theirs = kr_golden_real(g, name, NULL);
    kr_op_bench ours = open_table(n_tokens - 1, d_model);
    for (int64_t r = 0; r < b->out[0].shape[0]; r++) {
        for (int64_t i = 0; i < (n_tokens - 1) * d_model; i++) {
            b->y[0][r * n_tokens * d_model + i] += theirs[i] - ours.y[0][i];
        }
    }
    kr_op_bench_close(&ours);
    kr_golden_close(g);
}

static void compare(const char *file, const char *name_of_table) {
    kr_golden *g = kr_golden_open(file);
    kr_op_bench b;
    kr_op_bench_open(&b, kr_golden_array(g, "in.x")->shape[0]);
    kr_tensor x = kr_op_bench_in_golden(&b, g, "in.x");
    kr_tensor weight = kr_op_bench_in_golden(&b, g, "param.value_embedding.weight");
    kr_tensor glb = kr_op_bench_in_golden(&b, g, "param.glb_token");
    kr_op_bench_out(&b, kr__patch_embed(b.plan, kr__transpose(x, 1, 2), weight, glb));
    kr_op_bench_finish(&b);
    kr__plan_forward(b.plan, &b.run);
    swap_table(&b, name_of_table);
    kr_op_bench_compare_y(&b, g);
    kr_op_bench_compare_gradients(&b, g);
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

static void reference(void **state) {
    (void)state;
    compare("embed_en.npz", "pe.d16");
    compare("embed_en_rest.npz", "pe.d20");
}

static void refuse(int64_t n_vars, int64_t d_model, int64_t patch_len, const char *sentence) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, 8, 2});
    kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){d_model, patch_len});
    kr__patch_embed(b.plan, x, weight, kr_op_bench_in(&b, 4, (int64_t[]){1, n_vars, 1, d_model}));
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse(2, 5, 4,
           "patch_embed: d_model is 5, but positions are written as pairs of sine and cosine; "
           "choose an even d_model");
    refuse(2, 4, 9,
           "patch_embed: patch_len 9 is longer than seq_len 8, which leaves no patch; choose a "
           "shorter patch_len or a longer seq_len");
    refuse(3, 4, 4,
           "patch_embed: needs x (batch, seq_len, n_vars), weight (d_model, patch_len) and glb (1, "
           "n_vars, 1, d_model), got (1, 8, 2), (4, 4) and (1, 3, 1, 4)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(views),
                                       cmocka_unit_test(table), cmocka_unit_test(reference),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
