/* SPDX-License-Identifier: MIT
 * team.c - workers on POSIX threads.
 *
 * A job is a list of steps. The pieces of the step on offer lie in ranges, one for each worker:
 *
 *     pieces   0 1 2 3 4 5 6 7 8 9        ranges[0]    ranges[1]    ranges[2]
 *     ranges   |-----|-----|-------|      round|left   round|left   round|left
 *
 * A worker takes pieces from its own range, then from the others'. Whoever does the last piece of a
 * step offers the next step; so nobody waits for a worker that has begun nothing. A step of a
 * single piece is not offered, but done at once. `round` numbers the offers, and a range says which
 * offer it belongs to: a worker that comes late, with an old round, takes nothing.
 *
 * The caller opens `gate` and works; whoever does the last piece closes it, and the caller waits
 * for those who came in. A worker that wakes up later finds it closed. Plain fields of the job are
 * written before a range is offered, and read after a piece of it was taken. */
#define _GNU_SOURCE
#include <kr/team.h>

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "core/arena.h"
#include "core/cpu_quota.h"
#include "core/platform.h"
#include "core/rank_sharing.h"
#include "core/team_ranks.h"

/* ---- types ------------------------------------------------------------------------------ */

enum { GATE_OPEN = 1 << 30 }; /* a bit of `gate`, above the number of workers inside */

/* Pieces of the step on offer that a worker begins with; on a cache line of its own. */
typedef struct range {
    _Alignas(KR_ALIGN) _Atomic uint64_t offer; /* round << 32 | pieces not begun */
} range;

typedef struct member {
    kr_team *team;
    int number; /* of its worker, from 1; the caller of a job is 0 */
    pthread_t thread;
} member;

struct kr_team {
    int n_workers;
    int n_started;  /* threads, -1 before the first job that can use them */
    unsigned forks; /* of this process when the team was made */
    bool may_spin;  /* every worker can have a CPU of its own */
    member *members;
    range *ranges;

    atomic_bool is_busy; /* a job runs */
    const kr_steps *steps;
    void *arg;
    int64_t step, n_pieces; /* on offer */
    _Atomic int n_ranges;
    _Atomic int64_t n_left; /* pieces of the step that are not done */
    _Atomic uint32_t round;
    _Atomic int gate;

    pthread_mutex_t mutex;
    pthread_cond_t offered, left; /* a new round; the last one left the gate */
    _Atomic int n_asleep;
    atomic_bool is_quitting;

    pthread_mutex_t log_mutex;
    kr_log_fn log;
    void *log_arg;
    atomic_bool is_stopping;
    kr__joined joined;
};

/* What a thread is doing: a piece, as this worker of the team. flush: for unflush(). */
typedef struct place {
    const kr_team *team;
    int worker;
    unsigned flush;
} place;

static _Thread_local place current;

/* ---- fork ------------------------------------------------------------------------------- */

/* A child process has only the thread that forked. By this count a team knows that it was made
 * before the fork. */
static atomic_uint n_forks;
static pthread_once_t fork_watch = PTHREAD_ONCE_INIT;

static void count_fork(void) { atomic_fetch_add(&n_forks, 1); }
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }

static bool is_inherited(const kr_team *team) { return team->forks != atomic_load(&n_forks); }

/* ---- subnormal numbers ------------------------------------------------------------------ */

/* Inside pieces, numbers below the smallest normal one count as 0: an Intel core takes over a
 * hundred cycles for each, and states and gradients that fade away are full of them. Gives the
 * setting from before, for unflush(). */
static unsigned flush(void) {
#if defined(__SSE__)
    enum { FLUSH_RESULTS = 0x8000, FLUSH_INPUTS = 0x0040 };
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSH_RESULTS | FLUSH_INPUTS);
    return before;
#else
    return 0;
#endif
}

static void unflush(unsigned before) {
#if defined(__SSE__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

/* ---- where a thread is ------------------------------------------------------------------ */

/* This thread becomes a worker of the team; without a team it stays what it was, but subnormal
 * numbers are flushed all the same. Returns what it was, for leave(). */
static place enter(const kr_team *team, int worker) {
    place before = current;
    before.flush = flush();
    if (team) current = (place){.team = team, .worker = worker};
    return before;
}

static void leave(place before) {
    unflush(before.flush);
    current = before;
}

/* ---- waiting ---------------------------------------------------------------------------- */

static void pause_briefly(void) {
#if defined(__SSE__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Does a new round begin soon? Between jobs a worker looks for 20 microseconds, about what going to
 * sleep and waking up costs; in a job longer, since steps of a single piece, which it cannot help
 * with, are often short. When there are more workers than CPUs it does not try: a worker that spins
 * would take the CPU from one that works. */
static bool spin(kr_team *team, uint32_t seen) {
    enum { LOOKS = 32 };
    if (!team->may_spin) return atomic_load(&team->round) != seen;
    bool is_in_job = atomic_load(&team->gate) & GATE_OPEN;
    for (double end = kr__time_now() + (is_in_job ? 100e-6 : 20e-6); kr__time_now() < end;) {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load(&team->round) != seen) return true;
            pause_briefly();
        }
    }
    return false;
}

static void wait_for_round(kr_team *team, uint32_t seen) {
    if (spin(team, seen)) return;
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->n_asleep, 1);
    while (atomic_load(&team->round) == seen) pthread_cond_wait(&team->offered, &team->mutex);
    atomic_fetch_sub(&team->n_asleep, 1);
    pthread_mutex_unlock(&team->mutex);
}

/* After a change of round: wake up to n of the workers that sleep. */
static void wake(kr_team *team, int64_t n) {
    if (n < 1 || atomic_load(&team->n_asleep) == 0) return;
    pthread_mutex_lock(&team->mutex);
    if (n >= atomic_load(&team->n_asleep)) {
        pthread_cond_broadcast(&team->offered);
    } else {
        for (int64_t i = 0; i < n; i++) pthread_cond_signal(&team->offered);
    }
    pthread_mutex_unlock(&team->mutex);
}

/* ---- pieces ----------------------------------------------------------------------------- */

static int64_t range_end(const kr_team *team, int64_t i, int64_t n_ranges) {
    return team->n_pieces * (i + 1) / n_ranges;
}

/* Do the steps from `step` on that have a single piece, as worker `number`; gives the first that
 * has several, and how many. */
static int64_t do_single_steps(kr_team *team, int64_t step, int number, int64_t *n) {
    const kr_steps *steps = team->steps;
    for (; step < steps->count; step++) {
        *n = steps->pieces(team->arg, step);
        if (*n > 1) break;
        if (*n == 0) continue;
        steps->run(team->arg, step, 0, number);
        if (steps->done) steps->done(team->arg, step);
    }
    return step;
}

/* Offer the first step from `step` on that has several pieces, after those before it are done.
 * False: there is none. */
static bool offer_step(kr_team *team, int64_t step, int number) {
    int64_t n = 0;
    step = do_single_steps(team, step, number, &n);
    if (step >= team->steps->count) return false;
    assert(n > 1 && n <= UINT32_MAX);
    uint32_t round = atomic_load_explicit(&team->round, memory_order_relaxed) + 1;
    int64_t n_ranges = n < team->n_started + 1 ? n : team->n_started + 1;
    team->step = step;
    team->n_pieces = n;
    atomic_store_explicit(&team->n_left, n, memory_order_relaxed);
    atomic_store_explicit(&team->n_ranges, (int)n_ranges, memory_order_relaxed);
    for (int64_t i = 0; i < n_ranges; i++) {
        uint64_t count =
            (uint64_t)(range_end(team, i, n_ranges) - range_end(team, i - 1, n_ranges));
        atomic_store_explicit(&team->ranges[i].offer, (uint64_t)round << 32 | count,
                              memory_order_release);
    }
    atomic_store(&team->round, round);
    wake(team, n - 1);
    return true;
}

/* Take a piece of this round, from the worker's own range first. */
static bool take_piece(kr_team *team, uint32_t round, int number, int64_t *piece) {
    int n_ranges = atomic_load_explicit(&team->n_ranges, memory_order_relaxed);
    for (int k = 0; k < n_ranges; k++) {
        int i = (number + k) % n_ranges;
        _Atomic uint64_t *offer = &team->ranges[i].offer;
        uint64_t seen = atomic_load_explicit(offer, memory_order_relaxed);
        while (seen >> 32 == round && (uint32_t)seen > 0) {
            if (!atomic_compare_exchange_weak_explicit(offer, &seen, seen - 1, memory_order_acquire,
                                                       memory_order_relaxed)) {
                continue;
            }
            *piece = range_end(team, i, n_ranges) - (int64_t)(uint32_t)seen;
            return true;
        }
    }
    return false;
}

static void close_gate(kr_team *team) {
    atomic_fetch_and(&team->gate, ~GATE_OPEN);
    atomic_fetch_add(&team->round, 1);
    wake(team, INT64_MAX);
}

/* One piece is done. After the last one of a step the next step is offered. */
static void finish_piece(kr_team *team, int number) {
    if (atomic_fetch_sub(&team->n_left, 1) > 1) return;
    if (team->steps->done) team->steps->done(team->arg, team->step);
    if (!offer_step(team, team->step + 1, number)) close_gate(team);
}

/* Work until the gate is closed. */
static void work(kr_team *team, int number) {
    for (;;) {
        int64_t piece = 0;
        uint32_t round = atomic_load(&team->round);
        if (take_piece(team, round, number, &piece)) {
            team->steps->run(team->arg, team->step, piece, number);
            finish_piece(team, number);
        } else if (atomic_load(&team->gate) & GATE_OPEN) {
            wait_for_round(team, round);
        } else {
            return;
        }
    }
}

/* ---- threads ---------------------------------------------------------------------------- */

static bool enter_gate(kr_team *team) {
    int seen = atomic_load(&team->gate);
    while (seen & GATE_OPEN) {
        if (atomic_compare_exchange_weak(&team->gate, &seen, seen + 1)) return true;
    }
    return false;
}

static void leave_gate(kr_team *team) {
    if (atomic_fetch_sub(&team->gate, 1) != 1) return;
    pthread_mutex_lock(&team->mutex);
    pthread_cond_signal(&team->left);
    pthread_mutex_unlock(&team->mutex);
}

static void *live(void *arg) {
    member *m = arg;
    kr_team *team = m->team;
    enter(team, m->number);
    for (;;) {
        uint32_t seen = atomic_load(&team->round);
        if (atomic_load(&team->is_quitting)) return NULL;
        if (enter_gate(team)) {
            work(team, m->number);
            leave_gate(team);
        } else {
            wait_for_round(team, seen);
        }
    }
}

/* Workers block all signals: those are for the host's own threads. */
static void start_threads(kr_team *team) {
    sigset_t all, before;
    int reason = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    team->n_started = 0;
    for (int i = 0; i < team->n_workers - 1 && reason == 0; i++) {
        team->members[i] = (member){.team = team, .number = i + 1};
        reason = pthread_create(&team->members[i].thread, NULL, live, &team->members[i]);
        if (reason == 0) team->n_started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (reason == 0) return;
    kr_team_log(team, KR_LOG_WARNING, "%d of %d workers could be started (%s); they do the work",
                team->n_started + 1, team->n_workers, strerror(reason));
}

/* ---- jobs ------------------------------------------------------------------------------- */

/* This thread does all of it. */
static void work_alone(const kr_team *team, int number, const kr_steps *steps, void *arg) {
    place before = enter(team, number);
    for (int64_t step = 0; step < steps->count; step++) {
        int64_t n = steps->pieces(arg, step);
        for (int64_t piece = 0; piece < n; piece++) steps->run(arg, step, piece, number);
        if (n > 0 && steps->done) steps->done(arg, step);
    }
    leave(before);
}

static void work_together(kr_team *team, const kr_steps *steps, void *arg) {
    place before = enter(team, 0);
    if (team->n_started < 0) start_threads(team);
    team->steps = steps;
    team->arg = arg;
    atomic_store(&team->gate, GATE_OPEN);
    if (offer_step(team, 0, 0)) {
        work(team, 0);
    } else {
        close_gate(team);
    }
    pthread_mutex_lock(&team->mutex);
    while (atomic_load(&team->gate) != 0) pthread_cond_wait(&team->left, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
    leave(before);
}

void kr_team_steps(kr_team *team, const kr_steps *steps, void *arg) {
    bool is_inside = team && current.team == team;
    bool is_alone = !team || is_inside || team->n_workers == 1 || is_inherited(team) ||
                    atomic_exchange(&team->is_busy, true);
    if (is_alone) {
        work_alone(team, is_inside ? current.worker : 0, steps, arg);
        return;
    }
    work_together(team, steps, arg);
    atomic_store(&team->is_busy, false);
}

/* ---- one step --------------------------------------------------------------------------- */

typedef struct flat_job {
    int64_t n_pieces;
    kr_piece_fn fn;
    void *arg;
} flat_job;

enum { MOST_PIECES = 1 << 30 }; /* in a step; a range counts them in 32 bits */

static int64_t flat_pieces(void *arg, int64_t step) {
    int64_t rest = ((const flat_job *)arg)->n_pieces - step * MOST_PIECES;
    return rest < MOST_PIECES ? rest : MOST_PIECES;
}

static void run_flat(void *arg, int64_t step, int64_t piece, int worker) {
    const flat_job *job = arg;
    job->fn(job->arg, step * MOST_PIECES + piece, worker);
}

void kr_team_for(kr_team *team, int64_t n_pieces, kr_piece_fn fn, void *arg) {
    flat_job job = {n_pieces, fn, arg};
    const kr_steps steps = {.count = (n_pieces + MOST_PIECES - 1) / MOST_PIECES,
                            .pieces = flat_pieces,
                            .run = run_flat};
    bool is_inside = team && current.team == team; /* keeps its number */
    kr_team_steps(n_pieces > 1 || is_inside ? team : NULL, &steps, &job);
}

/* ---- making ----------------------------------------------------------------------------- */

int kr_team_cpus(void) {
    int n = kr__cpus_by_affinity();
    int quota = kr__cpus_by_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    if (quota > 0 && quota < n) n = quota;
    return n < 1 ? 1 : n > KR_MAX_WORKERS ? KR_MAX_WORKERS : n;
}

kr_status kr_team_create(int workers, kr_log_fn log, void *log_arg, kr_team **out, kr_error *err) {
    int cpus = kr_team_cpus();
    int n = workers == 0 ? cpus : workers < 1 ? 1 : workers;
    if (n > KR_MAX_WORKERS) n = KR_MAX_WORKERS;
    pthread_once(&fork_watch, watch_forks);
    kr_team *team = kr__calloc(1, sizeof *team);
    member *members = kr__calloc((size_t)n, sizeof *members);
    range *ranges = kr__calloc((size_t)n, sizeof *ranges);
    if (!team || !members || !ranges) {
        kr_free(team);
        kr_free(members);
        kr_free(ranges);
        return kr_fail(err, KR_MEMORY, "out of memory for a team of %d workers", n);
    }
    team->n_workers = n;
    team->n_started = -1;
    team->forks = atomic_load(&n_forks);
    team->may_spin = n <= cpus;
    team->members = members;
    team->ranges = ranges;
    team->log = log;
    team->log_arg = log_arg;
    pthread_mutex_init(&team->mutex, NULL);
    pthread_mutex_init(&team->log_mutex, NULL);
    pthread_cond_init(&team->offered, NULL);
    pthread_cond_init(&team->left, NULL);
    *out = team;
    return KR_OK;
}

static void end_threads(kr_team *team) {
    atomic_store(&team->is_quitting, true);
    atomic_fetch_add(&team->round, 1);
    wake(team, INT64_MAX);
    for (int i = 0; i < team->n_started; i++) pthread_join(team->members[i].thread, NULL);
}

void kr_team_destroy(kr_team *team) {
    if (!team) return;
    if (!is_inherited(team)) { /* in a child of fork() locks may be held by threads it lacks */
        end_threads(team);
        pthread_mutex_destroy(&team->mutex);
        pthread_mutex_destroy(&team->log_mutex);
        pthread_cond_destroy(&team->offered);
        pthread_cond_destroy(&team->left);
    }
    kr_free(team->members);
    kr_free(team->ranges);
    kr_free(team);
}

int kr_team_workers(const kr_team *team) { return team ? team->n_workers : 1; }

/* ---- memory ----------------------------------------------------------------------------- */

kr_status kr_per_worker_init(kr_per_worker *memory, const kr_team *team, size_t n_bytes,
                             kr_error *err) {
    size_t stride = 0;
    *memory = (kr_per_worker){NULL, 0};
    if (!kr__size_add(n_bytes, KR_ALIGN - 1, &stride)) {
        return kr_fail(err, KR_MEMORY, "out of memory for the workers");
    }
    memory->stride = stride & ~(size_t)(KR_ALIGN - 1);
    memory->base = kr__calloc((size_t)kr_team_workers(team), memory->stride);
    if (memory->base) return KR_OK;
    return kr_fail(err, KR_MEMORY, "no memory for %d workers of %zu bytes each",
                   kr_team_workers(team), n_bytes);
}

void kr_per_worker_deinit(kr_per_worker *memory) {
    kr_free(memory->base);
    *memory = (kr_per_worker){NULL, 0};
}

/* ---- log and stop ----------------------------------------------------------------------- */

void kr_team_log(kr_team *team, kr_log_level level, const char *format, ...) {
    if (!team || !team->log) return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    bool may_lock = !is_inherited(team);
    if (may_lock) pthread_mutex_lock(&team->log_mutex);
    team->log(team->log_arg, level, line);
    if (may_lock) pthread_mutex_unlock(&team->log_mutex);
}

void kr_team_stop(kr_team *team) {
    if (team) atomic_store(&team->is_stopping, true);
}

bool kr__team_was_asked_to_stop(const kr_team *team) {
    return team && atomic_load(&team->is_stopping);
}

/* Ranks stop together. */
bool kr_team_is_stopping(const kr_team *team) {
    if (!team || !team->joined.ranks) return kr__team_was_asked_to_stop(team);
    return team->joined.voted & KR__VOTE_STOP;
}

void kr_team_go_on(kr_team *team) {
    if (!team) return;
    atomic_store(&team->is_stopping, false);
    team->joined.voted &= ~(int)KR__VOTE_STOP;
}

/* ---- ranks ------------------------------------------------------------------------------ */

kr__joined *kr__team_joined(const kr_team *team) { return (kr__joined *)(uintptr_t)&team->joined; }
