/* SPDX-License-Identifier: MIT
 * ggml_scan.c - state updates per second of ggml's selective scan (Mamba 1), forward, on one core.
 *
 *     ggml_scan [SECONDS]
 *
 * Prints a line of JSON; `bench_scan --json` prints ours under "forward". ggml's op takes dt before
 * softplus and has neither D nor the gate z, which ours computes beside. tools/bench builds it with
 * a checkout of ggml-org/ggml. */
#include <ggml-cpu.h>
#include <ggml.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { D_INNER = 256, SEQ_LEN = 1024, MEMORY = 64 << 20 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct ggml_tensor *make(struct ggml_context *ctx, const int64_t *shape, float low,
                                float high) {
    struct ggml_tensor *t = ggml_new_tensor(ctx, GGML_TYPE_F32, 4, shape);
    float *values = t->data;
    for (int64_t i = 0; i < ggml_nelements(t); i++) {
        values[i] = low + (high - low) * (float)rand() / (float)RAND_MAX;
    }
    return t;
}

/* The best of many runs. */
static double measure(int64_t d_state, double seconds) {
    struct ggml_context *ctx = ggml_init((struct ggml_init_params){.mem_size = MEMORY});
    if (!ctx) exit(1);
    struct ggml_tensor *s = make(ctx, (int64_t[]){d_state, 1, D_INNER, 1}, 0, 0);
    struct ggml_tensor *x = make(ctx, (int64_t[]){1, D_INNER, SEQ_LEN, 1}, -1, 1);
    struct ggml_tensor *dt = make(ctx, (int64_t[]){D_INNER, SEQ_LEN, 1, 1}, -5, -2);
    struct ggml_tensor *A = make(ctx, (int64_t[]){d_state, D_INNER, 1, 1}, -16, -1);
    struct ggml_tensor *B = make(ctx, (int64_t[]){d_state, 1, SEQ_LEN, 1}, -1, 1);
    struct ggml_tensor *C = make(ctx, (int64_t[]){d_state, 1, SEQ_LEN, 1}, -1, 1);
    struct ggml_tensor *ids = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, 1);
    *(int32_t *)ids->data = 0;
    struct ggml_cgraph *graph = ggml_new_graph(ctx);
    ggml_build_forward_expand(graph, ggml_ssm_scan(ctx, s, x, dt, A, B, C, ids, 1));
    double best = 1e9;
    for (double end = now() + seconds; now() < end;) {
        double start = now();
        if (ggml_graph_compute_with_ctx(ctx, graph, 1) != GGML_STATUS_SUCCESS) exit(1);
        double took = now() - start;
        if (took < best) best = took;
    }
    ggml_free(ctx);
    return 1e-9 * D_INNER * SEQ_LEN * (double)d_state / best;
}

int main(int argc, char **argv) {
    static const int sizes[] = {16, 32, 128};
    double seconds = argc > 1 ? atof(argv[1]) : 0.5;
    printf("{\"program\": \"ggml\", \"forward\": {");
    for (int i = 0; i < 3; i++) {
        printf("%s\"%d\": %.3f", i ? ", " : "", sizes[i], measure(sizes[i], seconds));
    }
    puts("}}");
    return 0;
}
