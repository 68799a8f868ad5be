/* SPDX-License-Identifier: MIT
 * team.h - threads that compute together, their log, and how to stop them.
 *
 * A team is handed to whatever computes; there is no global one. The thread that calls works too,
 * and takes every piece that nobody has begun, so that a worker that sleeps or is kept from its CPU
 * never holds up a small job. A worker that has nothing to do waits for microseconds, then sleeps.
 *
 * Cut work by the size of the problem, never by the number of workers, and let a piece own what it
 * writes: then the result has the same bits for any number of workers.
 *
 * NULL is a team, too: the calling thread alone, with no log and no way to stop it.
 *
 * Threads: a team serves one job at a time. A call made inside a piece runs in the calling thread
 * alone; so does a call while the team works for another thread: nobody ever waits for a team.
 * Several teams may live side by side, also in threads of the host (OpenMP, TBB, ..). After fork()
 * the child's copy of a team works with one worker. */
#ifndef KR_TEAM_H
#define KR_TEAM_H

#include <kr/base.h>

KR_BEGIN_DECLS

enum { KR_MAX_WORKERS = 256 };

typedef struct kr_team kr_team;

/* KR_LOG_NOTE: what was assumed about data, which the person whose data they are should see. */
typedef enum kr_log_level { KR_LOG_DEBUG, KR_LOG_INFO, KR_LOG_NOTE, KR_LOG_WARNING } kr_log_level;

/* Receives the library's messages; the library itself writes to no stream. line has no final
 * newline. May be called from any thread, one at a time. */
typedef void (*kr_log_fn)(void *arg, kr_log_level level, const char *line);

/* workers: 1 .. KR_MAX_WORKERS (clamped); 0: as many as kr_team_cpus() says. log receives messages
 * (NULL: nobody does); log_arg is its first argument. Threads start with the first job that can use
 * them; when the system refuses some, the others do the work and a message says so. KR_MEMORY when
 * memory runs out. Destroy when no job runs; NULL is fine. */
KR_API kr_status kr_team_create(int workers, kr_log_fn log, void *log_arg, kr_team **out,
                                kr_error *err);
KR_API void kr_team_destroy(kr_team *team);

/* The CPUs that this process may use: its affinity, and the quota of its container, rounded up. */
KR_API int kr_team_cpus(void);

/* The number of workers, which stays the same as long as the team lives. They are numbered from
 * 0. */
KR_API int kr_team_workers(const kr_team *team);

/* ---- work ------------------------------------------------------------------------------- */

/* piece: 0 .. n_pieces-1. worker: which of kr_team_workers() runs it; pieces that run at the same
 * time have different numbers, so the number can pick memory (kr_per_worker). */
typedef void (*kr_piece_fn)(void *arg, int64_t piece, int worker);

/* Call fn once for every piece. Returns when all are done. */
KR_API void kr_team_for(kr_team *team, int64_t n_pieces, kr_piece_fn fn, void *arg);

/* Steps of work, one after the other: all pieces of a step are done before the next begins. Cheaper
 * than a kr_team_for() for each step. While steps are alike, a worker begins each with the same
 * pieces, whose data may still be in its cache. */
typedef struct kr_steps {
    int64_t count;
    /* How many pieces a step has; 0 skips it. Called once for each step, by any worker. */
    int64_t (*pieces)(void *arg, int64_t step);
    void (*run)(void *arg, int64_t step, int64_t piece, int worker);
    void (*done)(void *arg, int64_t step); /* once, when all pieces are done; NULL: nothing */
} kr_steps;
KR_API void kr_team_steps(kr_team *team, const kr_steps *steps, void *arg);

/* ---- memory ----------------------------------------------------------------------------- */

/* A block of memory for each worker of a team, zero at the start, each beginning on its own cache
 * line.
 */
typedef struct kr_per_worker {
    void *base;
    size_t stride; /* bytes from one worker's block to the next */
} kr_per_worker;

/* KR_MEMORY when memory runs out; kr_per_worker_deinit() may be called even then. */
KR_API kr_status kr_per_worker_init(kr_per_worker *memory, const kr_team *team, size_t n_bytes,
                                    kr_error *err);
KR_API void kr_per_worker_deinit(kr_per_worker *memory);
static inline void *kr_per_worker_at(const kr_per_worker *memory, int worker) {
    return (char *)memory->base + memory->stride * (size_t)worker;
}

/* ---- log and stop ----------------------------------------------------------------------- */

/* Write a line to the team's log, if it has one. May be called from any thread. */
KR_API void kr_team_log(kr_team *team, kr_log_level level, const char *format, ...) KR_PRINTF(3, 4);

/* Ask what runs on this team to end soon: training saves and returns KR_INTERRUPTED. May be called
 * from any thread and from a signal handler. */
KR_API void kr_team_stop(kr_team *team);
KR_API bool kr_team_is_stopping(const kr_team *team);
/* Withdraw the request, for a program that goes on with something else. */
KR_API void kr_team_go_on(kr_team *team);

KR_END_DECLS

#endif
