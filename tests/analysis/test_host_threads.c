/* SPDX-License-Identifier: MIT
 * test_host_threads.c - many threads of a host's own ask at once, of one team and of teams of their
 * own: more of them than the team has workers. Each gets what a single caller gets, to the bit. */
#define _GNU_SOURCE
#include <kr/points.h>
#include <kr/scores.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "support/workers.h"

enum { N = 300, DIM = 9, K = 7, HOSTS = 12, PAIRS = 40, LENGTH = 11 };

static float data[N * DIM];
static int64_t labels[N];

/* What a host's thread computes. */
typedef struct answers {
    double silhouette, trustworthiness, dtw, pca[3], distance[N * K];
    float residual;
} answers;

static bool compute(kr_team *team, answers *a) {
    const kr_points points = kr_points_f32(data, N, DIM), map = kr_points_f32(data, N, 2);
    kr_knn *exact = NULL, *descent = NULL;
    kr_pca *pca = NULL;
    kr_conformal *c = NULL;
    const kr_knn_options by_descent = {.size = sizeof by_descent, .k = K, .method = KR_KNN_DESCENT};
    memset(a, 0, sizeof *a);
    bool is_good =
        kr_knn_create(team, &points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = K},
                      &exact, NULL) == KR_OK &&
        kr_knn_create(team, &points, &by_descent, &descent, NULL) == KR_OK &&
        kr_silhouette(team, &points, labels, &a->silhouette, NULL, NULL) == KR_OK &&
        kr_trustworthiness(team, &points, &map, K, &a->trustworthiness, NULL) == KR_OK &&
        kr_pca_create(team, &points, 3, &pca, NULL) == KR_OK &&
        kr_dtw_mean(team, data, data + PAIRS * LENGTH, PAIRS, LENGTH, NULL, NULL, NULL, &a->dtw,
                    NULL) == KR_OK &&
        kr_conformal_fit(team, 30, 40, data, data + 1200, &c, NULL) == KR_OK;
    if (is_good) {
        for (int i = 0; i < N * K; i++) {
            a->distance[i] = kr_knn_distance(exact)[i] + kr_knn_distance(descent)[i];
        }
        for (int i = 0; i < 3; i++) a->pca[i] = kr_pca_variance(pca)[i];
        a->residual = c->residuals[5];
    }
    kr_knn_destroy(exact);
    kr_knn_destroy(descent);
    kr_pca_destroy(pca);
    kr_conformal_destroy(c);
    return is_good;
}

typedef struct host {
    kr_team *team; /* NULL: makes its own */
    answers *want;
    bool is_right;
} host;

static void *ask(void *arg) {
    host *h = arg;
    kr_team *own = NULL;
    answers *got = kr__calloc(1, sizeof *got);
    if (!h->team && kr_team_create(3, NULL, NULL, &own, NULL) != KR_OK) return NULL;
    h->is_right = got != NULL;
    for (int i = 0; i < 3 && h->is_right; i++) {
        h->is_right =
            compute(h->team ? h->team : own, got) && memcmp(got, h->want, sizeof *got) == 0;
    }
    kr_team_destroy(own);
    kr_free(got);
    return NULL;
}

static answers *alone(void) {
    answers *want = kr__calloc(1, sizeof *want);
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int i = 0; i < N * DIM; i++) data[i] = (float)kr__rng_normal(&rng);
    for (int i = 0; i < N; i++) labels[i] = i % 4;
    assert_true(compute(NULL, want));
    return want;
}

static void threads_of_a_host(kr_team *team) {
    pthread_t threads[HOSTS];
    host hosts[HOSTS];
    answers *want = alone();
    for (int i = 0; i < HOSTS; i++) {
        hosts[i] = (host){.team = team, .want = want};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &hosts[i]), 0);
    }
    for (int i = 0; i < HOSTS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < HOSTS; i++) assert_true(hosts[i].is_right);
    kr_free(want);
}

static void threads_of_a_host_share_a_team(void **state) {
    (void)state;
    test_workers(3);
    threads_of_a_host(test_team);
    test_workers(0);
}

static void threads_of_a_host_have_teams_of_their_own(void **state) {
    (void)state;
    threads_of_a_host(NULL);
}

/* A host's parallel region has thread numbers of its own, which are nothing to a team. */
static void a_hosts_openmp_is_left_as_it_is(void **state) {
    (void)state;
#ifdef _OPENMP
    host hosts[HOSTS];
    answers *want = alone();
    test_workers(2);
    omp_set_num_threads(HOSTS);
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < HOSTS; i++) {
        hosts[i] = (host){.team = test_team, .want = want};
        ask(&hosts[i]);
    }
    for (int i = 0; i < HOSTS; i++) assert_true(hosts[i].is_right);
    assert_int_equal(omp_get_max_threads(), HOSTS);
    test_workers(0);
    kr_free(want);
#else
    skip();
#endif
}

/* The same bits for any number of workers. */
static void workers_change_no_bit(void **state) {
    (void)state;
    answers *want = alone(), *got = kr__calloc(1, sizeof *got);
    for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
        test_workers(test_worker_counts[i]);
        assert_true(compute(test_team, got));
        assert_memory_equal(got, want, sizeof *got);
    }
    test_workers(0);
    kr_free(want);
    kr_free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_of_a_host_share_a_team),
        cmocka_unit_test(threads_of_a_host_have_teams_of_their_own),
        cmocka_unit_test(a_hosts_openmp_is_left_as_it_is),
        cmocka_unit_test(workers_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
