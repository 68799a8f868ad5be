/* SPDX-License-Identifier: MIT
 * mamba_block.c - a program on libkrait: a Mamba block in a training loop of its own. Sequences are
 * learned chunk by chunk, with the state handed on; then single steps go on from where they end.
 *
 * The task is a running memory: at every step, say the number that came two steps ago.
 *
 *     cc mamba_block.c $(pkg-config --cflags --libs krait) -o mamba_block
 *     ./mamba_block */
#include <kr/kr.h>

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 16, CHUNK = 16, CHUNKS = 4, WIDTH = 8, DELAY = 2, ROUNDS = 150 };
enum { LENGTH = CHUNK * CHUNKS, STEPS = 32 };

static void fail(const kr_error *err) {
    fprintf(stderr, "mamba_block: %s\n", err->text);
    exit(1);
}

/* -1 or 1, by a linear congruence. */
static float draw_sign(uint64_t *random) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return *random >> 63 ? 1.0f : -1.0f;
}

/* Signs in feature 0; the others are 0. x (BATCH, LENGTH, WIDTH). */
static void draw(uint64_t *random, float *x) {
    for (int i = 0; i < BATCH * LENGTH; i++) x[i * WIDTH] = draw_sign(random);
}

/* Chunk `chunk` of every sequence: x (BATCH, CHUNK, WIDTH), and what is to be said at its steps. */
static void take_chunk(const float *all, int chunk, float *x, float *target) {
    for (int b = 0; b < BATCH; b++) {
        for (int t = 0; t < CHUNK; t++) {
            int at = chunk * CHUNK + t;
            const float *from = all + (b * LENGTH + at) * WIDTH;
            for (int k = 0; k < WIDTH; k++) x[(b * CHUNK + t) * WIDTH + k] = from[k];
            target[b * CHUNK + t] = at >= DELAY ? from[-DELAY * WIDTH] : 0;
        }
    }
}

/* Mean squared error of feature 0, and its gradient. */
static double compare(const float *y, const float *target, float *grad_y) {
    double sum = 0;
    for (int i = 0; i < BATCH * CHUNK * WIDTH; i++) grad_y[i] = 0;
    for (int i = 0; i < BATCH * CHUNK; i++) {
        float e = y[i * WIDTH] - target[i];
        grad_y[i * WIDTH] = 2 * e / (BATCH * CHUNK);
        sum += (double)e * (double)e;
    }
    return sum / (BATCH * CHUNK);
}

/* Gradient descent with momentum, on all parameters at once. */
static void descend(kr_mamba *block, float *momentum) {
    float *values = kr_mamba_values(block);
    const float *gradient = kr_mamba_gradients(block);
    for (int64_t i = 0; i < kr_mamba_size(block); i++) {
        momentum[i] = 0.9f * momentum[i] + gradient[i];
        values[i] -= 0.03f * momentum[i];
    }
    kr_mamba_zero_gradients(block);
}

/* Steps of one sequence that came from the block's own state: how many are said right? */
static int recall(kr_mamba *block, uint64_t *random, float *state) {
    float x[WIDTH] = {0}, y[WIDTH], past[DELAY] = {0};
    kr_error err;
    int n_right = 0;
    for (int64_t i = 0; i < kr_mamba_state_size(block); i++) state[i] = 0;
    for (int t = 0; t < STEPS; t++) {
        x[0] = draw_sign(random);
        if (kr_mamba_step(block, 1, x, state, y, &err) != KR_OK) fail(&err);
        n_right += t >= DELAY && y[0] * past[t % DELAY] > 0;
        past[t % DELAY] = x[0];
    }
    return n_right;
}

int main(void) {
    static float all[BATCH * LENGTH * WIDTH], x[BATCH * CHUNK * WIDTH], y[BATCH * CHUNK * WIDTH];
    static float grad_y[BATCH * CHUNK * WIDTH], target[BATCH * CHUNK];
    const kr_mamba_options options = {.size = sizeof options, .d_model = WIDTH, .seed = 1};
    uint64_t random = 1;
    kr_team *team = NULL;
    kr_mamba *block = NULL;
    kr_error err;
    if (kr_team_create(0, NULL, NULL, &team, &err) != KR_OK) fail(&err);
    if (kr_mamba_create(team, &options, &block, &err) != KR_OK) fail(&err);
    float *momentum = calloc((size_t)kr_mamba_size(block), sizeof *momentum);
    float *state = calloc((size_t)(BATCH * kr_mamba_state_size(block)), sizeof *state);
    if (!momentum || !state) return 1;

    double first = 0, last = 0;
    for (int round = 0; round < ROUNDS; round++) {
        draw(&random, all);
        last = 0;
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            take_chunk(all, chunk, x, target);
            const float *before = chunk > 0 ? state : NULL;
            if (kr_mamba_forward(block, BATCH, CHUNK, x, before, y, state, &err) != KR_OK) {
                fail(&err);
            }
            last += compare(y, target, grad_y) / CHUNKS;
            if (kr_mamba_backward(block, grad_y, NULL, NULL, NULL, &err) != KR_OK) fail(&err);
            descend(block, momentum);
        }
        if (round == 0) first = last;
    }
    int n_right = recall(block, &random, state);
    printf("mean squared error %.3f, after %d rounds %.3f; %d of %d steps recalled\n", first,
           ROUNDS, last, n_right, STEPS - DELAY);
    bool has_learned = last < 0.1 * first && n_right == STEPS - DELAY;
    free(momentum);
    free(state);
    kr_mamba_destroy(block);
    kr_team_destroy(team);
    return has_learned ? 0 : 1;
}
