/* SPDX-License-Identifier: MIT
 * test_team.c - every piece is run once, by any worker; no host, fork or refused thread harms a
 * team. */
#define _GNU_SOURCE
#include <kr/team.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/sanitizer.h"
#include "support/starve.h"
#include "support/workers.h"

static const int sizes[] = {1, 2, 3, 8, 9, 16, 64};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static kr_team *new_team(int workers) {
    kr_team *team = NULL;
    assert_int_equal(kr_team_create(workers, NULL, NULL, &team, NULL), KR_OK);
    assert_int_equal(kr_team_workers(team), workers);
    return team;
}

/* ---- pieces ----------------------------------------------------------------------------- */

enum { PIECES = 1000 };

typedef struct count_job {
    atomic_int runs[PIECES];
    atomic_bool is_taken[KR_MAX_WORKERS]; /* the number is in use */
    atomic_bool is_shared;                /* two pieces had one number at a time */
    float product[PIECES];
} count_job;

static volatile float small = 1e-30f, smaller = 1e-10f; /* 1e-40: not a normal float */

static void count_piece(void *arg, int64_t piece, int worker) {
    count_job *job = arg;
    if (atomic_exchange(&job->is_taken[worker], true)) atomic_store(&job->is_shared, true);
    atomic_fetch_add(&job->runs[piece], 1);
    job->product[piece] = small * smaller;
    atomic_store(&job->is_taken[worker], false);
}

static bool counts_right(kr_team *team, int n) {
    count_job *job = calloc(1, sizeof *job);
    kr_team_for(team, n, count_piece, job);
    bool is_right = !job->is_shared;
    for (int i = 0; i < PIECES; i++) is_right &= job->runs[i] == (i < n);
    free(job);
    return is_right;
}

static void every_piece_is_run_once(void **state) {
    (void)state;
    for (int s = 0; s < N_SIZES; s++) {
        kr_team *team = new_team(sizes[s]);
        for (int time = 0; time < 50; time++) {
            assert_true(counts_right(team, PIECES));
            assert_true(counts_right(team, time));
        }
        kr_team_destroy(team);
    }
    assert_true(counts_right(NULL, PIECES));
}

/* Inside, on every thread, so that their number changes no bit; not in the caller's own work. */
static void subnormal_numbers_are_zero_in_pieces_only(void **state) {
    (void)state;
#if defined(__SSE__)
    for (int s = 0; s < 3; s++) {
        kr_team *team = new_team(sizes[s]);
        count_job *job = calloc(1, sizeof *job);
        kr_team_for(team, PIECES, count_piece, job);
        for (int i = 0; i < PIECES; i++) assert_true(job->product[i] == 0);
        assert_true(small * smaller > 0);
        free(job);
        kr_team_destroy(team);
    }
#else
    skip();
#endif
}

/* ---- steps ------------------------------------------------------------------------------ */

/* Steps of 0, 1, 2 and 7 pieces; each piece sees what all steps before it did. */
enum { STEPS = 200, MOST_PIECES = 7 };

typedef struct walk {
    int value[STEPS][MOST_PIECES];
    int done[STEPS], n_done;
    atomic_bool is_late; /* a piece ran before the step before it was done */
} walk;

static int64_t pieces_of(void *arg, int64_t step) {
    static const int64_t counts[] = {1, 1, 7, 0, 2, 7, 0, 0, 1, 2};
    (void)arg;
    return counts[step % 10];
}

static void run_step(void *arg, int64_t step, int64_t piece, int worker) {
    walk *w = arg;
    (void)worker;
    for (int64_t before = step - 1; before >= 0 && before > step - 4; before--) {
        for (int64_t k = 0; k < pieces_of(arg, before); k++) {
            if (w->value[before][k] != before + 1) w->is_late = true;
        }
    }
    w->value[step][piece] += (int)step + 1;
}

static void step_done(void *arg, int64_t step) {
    walk *w = arg;
    for (int64_t k = 0; k < pieces_of(arg, step); k++) {
        if (w->value[step][k] != step + 1) w->is_late = true;
    }
    w->done[w->n_done++] = (int)step;
}

typedef struct inner_walk {
    kr_team *team;
    walk *walk;
} inner_walk;

static void walk_inside(void *arg, int64_t piece, int worker) {
    const kr_steps steps = {STEPS, pieces_of, run_step, step_done};
    inner_walk *inner = arg;
    (void)piece, (void)worker;
    kr_team_steps(inner->team, &steps, inner->walk);
}

static void check_walk(const walk *w) {
    int n = 0;
    assert_false(w->is_late);
    for (int step = 0; step < STEPS; step++) {
        int64_t count = pieces_of(NULL, step);
        for (int64_t k = 0; k < MOST_PIECES; k++) {
            assert_int_equal(w->value[step][k], k < count ? step + 1 : 0);
        }
        if (count > 0) assert_int_equal(w->done[n++], step);
    }
    assert_int_equal(w->n_done, n);
}

static void steps_come_one_after_the_other(void **state) {
    (void)state;
    for (int s = 0; s < N_SIZES; s++) {
        kr_team *team = new_team(sizes[s]);
        for (int time = 0; time < 20; time++) {
            walk w = {.n_done = 0}, w2 = {.n_done = 0};
            walk_inside(&(inner_walk){team, &w}, 0, 0);
            check_walk(&w);
            kr_team_for(team, 1, walk_inside, &(inner_walk){team, &w2});
            check_walk(&w2);
        }
        kr_team_destroy(team);
    }
}

static int64_t no_pieces(void *arg, int64_t step) {
    (void)arg, (void)step;
    return 0;
}

static void steps_without_pieces_end(void **state) {
    (void)state;
    kr_team *team = new_team(3);
    for (int64_t count = 0; count < 3; count++) {
        kr_team_steps(team, &(kr_steps){count, no_pieces, run_step, NULL}, NULL);
    }
    assert_true(counts_right(team, PIECES));
    kr_team_destroy(team);
}

/* ---- calls from everywhere -------------------------------------------------------------- */

typedef struct nested_job {
    kr_team *team, *other;
    int outer; /* the number of the piece that calls */
    atomic_int n_inner, n_wrong;
} nested_job;

static void run_inner(void *arg, int64_t piece, int worker) {
    nested_job *job = arg;
    (void)piece;
    atomic_fetch_add(&job->n_inner, 1);
    if (worker != job->outer) atomic_fetch_add(&job->n_wrong, 1);
}

static void run_outer(void *arg, int64_t piece, int worker) {
    nested_job *all = arg, job = {.team = all->team, .outer = worker};
    (void)piece;
    kr_team_for(all->team, 5, run_inner, &job);
    kr_team_for(all->team, 1, run_inner, &job);
    atomic_fetch_add(&all->n_inner, atomic_load(&job.n_inner));
    atomic_fetch_add(&all->n_wrong, atomic_load(&job.n_wrong));
    if (!counts_right(all->other, 20)) atomic_fetch_add(&all->n_wrong, 1);
}

static void a_call_inside_runs_in_place(void **state) {
    (void)state;
    for (int s = 0; s < N_SIZES; s++) {
        kr_team *team = new_team(sizes[s]), *other = new_team(3);
        nested_job job = {.team = team, .other = other};
        kr_team_for(team, 100, run_outer, &job);
        assert_int_equal(job.n_inner, 600);
        assert_int_equal(job.n_wrong, 0);
        kr_team_destroy(team);
        kr_team_destroy(other);
    }
}

static void *run_host(void *arg) {
    bool is_right = true;
    for (int time = 0; time < 50; time++) is_right &= counts_right(arg, time);
    return is_right ? arg : NULL;
}

static void many_threads_of_a_host_may_share_a_team(void **state) {
    enum { HOSTS = 8 };
    (void)state;
    kr_team *team = new_team(3);
    pthread_t hosts[HOSTS];
    for (int i = 0; i < HOSTS; i++) pthread_create(&hosts[i], NULL, run_host, team);
    for (int i = 0; i < HOSTS; i++) {
        void *is_right = NULL;
        pthread_join(hosts[i], &is_right);
        assert_non_null(is_right);
    }
    kr_team_destroy(team);
}

static void *run_own_team(void *arg) {
    kr_team *team = NULL;
    if (kr_team_create(5, NULL, NULL, &team, NULL) != KR_OK) return NULL;
    void *is_right = run_host(team);
    kr_team_destroy(team);
    return is_right ? arg : NULL;
}

static void teams_live_side_by_side(void **state) {
    (void)state;
    pthread_t hosts[4];
    for (int i = 0; i < 4; i++) pthread_create(&hosts[i], NULL, run_own_team, hosts);
    for (int i = 0; i < 4; i++) {
        void *is_right = NULL;
        pthread_join(hosts[i], &is_right);
        assert_non_null(is_right);
    }
}

/* ---- the process ------------------------------------------------------------------------ */

/* Pieces that a child of fork() runs with its copy of the team, whose threads it lacks. */
static void a_child_of_fork_works(void **state) {
    (void)state;
    kr_team *team = new_team(4);
    assert_true(counts_right(team, PIECES));
    test_workers_begin(team);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        bool is_right = counts_right(team, PIECES);
        kr_team_log(team, KR_LOG_INFO, "still there");
        if (!HAS_THREAD_SANITIZER && !getenv("KR_EMULATED")) { /* qemu cannot */
            kr_team *own = new_team(4);
            is_right &= counts_right(own, 100);
            kr_team_destroy(own);
        }
        kr_team_destroy(team);
        _exit(is_right ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(counts_right(team, PIECES));
    kr_team_destroy(team);
}

typedef struct lines {
    int n;
    char last[200];
} lines;

static void hear(void *arg, kr_log_level level, const char *line) {
    lines *l = arg;
    (void)level;
    l->n++;
    snprintf(l->last, sizeof l->last, "%s", line);
}

/* A stack that no machine has room for stands in for a system that gives no threads. */
static void fewer_threads_than_asked_are_a_note(void **state) {
    (void)state;
    lines l = {0};
    kr_team *team = NULL;
    pthread_attr_t usual, huge;
    assert_int_equal(kr_team_create(4, hear, &l, &team, NULL), KR_OK);
    pthread_getattr_default_np(&usual);
    pthread_attr_init(&huge);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    bool is_right = counts_right(team, PIECES) && counts_right(team, PIECES);
    pthread_setattr_default_np(&usual);
    assert_true(is_right);
    assert_int_equal(l.n, 1);
    assert_non_null(strstr(l.last, "1 of 4 workers could be started ("));
    kr_team_destroy(team);
    pthread_attr_destroy(&huge);
    pthread_attr_destroy(&usual);
}

static void check_shield(void *arg, int64_t piece, int worker) {
    atomic_bool *are_wrong = arg;
    sigset_t blocked;
    (void)piece;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    bool is_blocked = sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1;
    if (is_blocked != (worker > 0)) atomic_store(are_wrong, true);
    usleep(1000); /* so that every worker gets a piece */
}

static void workers_leave_signals_to_the_host(void **state) {
    (void)state;
    atomic_bool are_wrong = false;
    kr_team *team = new_team(3);
    kr_team_for(team, 60, check_shield, &are_wrong);
    assert_false(are_wrong);
    kr_team_destroy(team);
}

/* ---- the rest --------------------------------------------------------------------------- */

static void memory_is_one_block_for_each_worker(void **state) {
    (void)state;
    kr_team *team = new_team(3);
    kr_per_worker memory;
    assert_int_equal(kr_per_worker_init(&memory, team, 100, NULL), KR_OK);
    for (int w = 0; w < 3; w++) {
        char *block = kr_per_worker_at(&memory, w);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (int i = 0; i < 100; i++) assert_int_equal(block[i], 0);
        memset(block, w + 1, 100);
    }
    for (int w = 0; w < 3; w++) assert_int_equal(*(char *)kr_per_worker_at(&memory, w), w + 1);
    kr_per_worker_deinit(&memory);
    assert_int_equal(kr_per_worker_init(&memory, team, SIZE_MAX / 2, NULL), KR_MEMORY);
    kr_per_worker_deinit(&memory);
    kr_team_destroy(team);
}

static void a_team_is_heard_and_stopped(void **state) {
    (void)state;
    lines l = {0};
    kr_team *team = NULL;
    assert_int_equal(kr_team_create(2, hear, &l, &team, NULL), KR_OK);
    kr_team_log(team, KR_LOG_INFO, "epoch %d", 7);
    assert_string_equal(l.last, "epoch 7");
    kr_team_log(NULL, KR_LOG_INFO, "nobody hears this");
    assert_int_equal(l.n, 1);
    assert_false(kr_team_is_stopping(team));
    kr_team_stop(team);
    assert_true(kr_team_is_stopping(team));
    assert_false(kr_team_is_stopping(NULL));
    kr_team_go_on(team);
    assert_false(kr_team_is_stopping(team));
    kr_team_destroy(team);
    kr_team_destroy(NULL);
}

static void a_size_is_kept_within_limits(void **state) {
    (void)state;
    kr_team *team = NULL;
    assert_int_equal(kr_team_create(0, NULL, NULL, &team, NULL), KR_OK);
    assert_int_equal(kr_team_workers(team), kr_team_cpus());
    kr_team_destroy(team);
    assert_int_equal(kr_team_create(100000, NULL, NULL, &team, NULL), KR_OK);
    assert_int_equal(kr_team_workers(team), KR_MAX_WORKERS);
    kr_team_destroy(team);
    assert_int_equal(kr_team_create(-3, NULL, NULL, &team, NULL), KR_OK);
    assert_int_equal(kr_team_workers(team), 1);
    kr_team_destroy(team);
}

static kr_status make_team(void *arg, kr_error *err) {
    kr_team *team = NULL;
    kr_status status = kr_team_create(*(int *)arg, NULL, NULL, &team, err);
    assert_true((status == KR_OK) == (team != NULL));
    kr_team_destroy(team);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    int n = 3;
    kr_starve("a team", make_team, &n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_run_once),
        cmocka_unit_test(subnormal_numbers_are_zero_in_pieces_only),
        cmocka_unit_test(steps_come_one_after_the_other),
        cmocka_unit_test(steps_without_pieces_end),
        cmocka_unit_test(a_call_inside_runs_in_place),
        cmocka_unit_test(many_threads_of_a_host_may_share_a_team),
        cmocka_unit_test(teams_live_side_by_side),
        cmocka_unit_test(a_child_of_fork_works),
        cmocka_unit_test(fewer_threads_than_asked_are_a_note),
        cmocka_unit_test(workers_leave_signals_to_the_host),
        cmocka_unit_test(memory_is_one_block_for_each_worker),
        cmocka_unit_test(a_team_is_heard_and_stopped),
        cmocka_unit_test(a_size_is_kept_within_limits),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
