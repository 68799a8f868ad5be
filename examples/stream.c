/* SPDX-License-Identifier: MIT
 * stream.c - a program on libkrait: adapt a trained next-step model to a series while it arrives,
 * by truncated back-propagation through time, in the memory of one chunk.
 *
 *     cc stream.c $(pkg-config --cflags --libs krait) -lm -o stream
 *     ./stream model_next.pt data */
#include <kr/kr.h>

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 64 };

static void fail(const kr_error *err) {
    fprintf(stderr, "stream: %s\n", err->text);
    exit(1);
}

/* Mean squared error of y against the steps after x, and its gradient. */
static double compare(int64_t n, const float *y, const float *next, float *grad_y) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        float e = y[i] - next[i];
        grad_y[i] = 2 * e / (float)n;
        sum += (double)e * (double)e;
    }
    return sum / (double)n;
}

int main(int argc, char **argv) {
    kr_error err;
    kr_nextstep *model = NULL;
    kr_series *series = NULL;
    kr_nextstep_chunk *chunk = NULL;
    const kr_nextstep_chunk_options options = {
        .size = sizeof options, .n_steps = CHUNK, .with_backward = true};
    if (argc < 3) return fprintf(stderr, "usage: stream MODEL DATA\n"), 2;
    if (kr_nextstep_open(NULL, argv[1], &model, &err) != KR_OK) fail(&err);
    if (kr_series_open(argv[2], &series, &err) != KR_OK) fail(&err);
    if (kr_nextstep_chunk_create(model, &options, &chunk, &err) != KR_OK) fail(&err);

    const kr_nextstep_shape *shape = kr_nextstep_shape_of(model);
    if (kr_series_n_features(series) != shape->n_features) {
        fprintf(stderr, "stream: %s: has other features than the model\n", argv[2]);
        return 1;
    }
    size_t n = CHUNK * (size_t)shape->n_features;
    float *state = calloc((size_t)shape->state_size, sizeof *state);
    float *y = malloc(n * sizeof *y), *grad_y = malloc(n * sizeof *grad_y);
    int64_t n_parameters = 0;
    float *parameters = kr_nextstep_parameters(model, &n_parameters);
    float *gradient = malloc((size_t)n_parameters * sizeof *gradient);
    if (!state || !gradient || !y || !grad_y) return 1;

    double sum = 0;
    int64_t n_chunks = (kr_series_n_steps(series) - 1) / CHUNK;
    for (int64_t i = 0; i < n_chunks; i++) {
        const float *x = kr_series_values(series) + i * (int64_t)n;
        kr_nextstep_chunk_forward(chunk, x, state, y, state);
        sum += compare((int64_t)n, y, x + shape->n_features, grad_y);
        for (int64_t k = 0; k < n_parameters; k++) gradient[k] = 0;
        if (kr_nextstep_chunk_backward(chunk, grad_y, NULL, NULL, NULL, gradient, &err) != KR_OK) {
            fail(&err);
        }
        for (int64_t k = 0; k < n_parameters; k++) parameters[k] -= 1e-4f * gradient[k];
    }
    printf("%lld chunks of %d steps: mean squared error %.4f\n", (long long)n_chunks, CHUNK,
           n_chunks > 0 ? sum / (double)n_chunks : 0.0);
    free(state), free(gradient), free(y), free(grad_y);
    kr_nextstep_chunk_destroy(chunk);
    kr_series_destroy(series);
    kr_nextstep_destroy(model);
    return 0;
}
