/* SPDX-License-Identifier: MIT
 * team.h - workers that compute together, and how they are heard and stopped.
 *
 * A team is handed to whatever computes; there is no global one. The thread that calls works too,
 * and takes every piece that nobody has begun, so that a worker that sleeps or is kept from its CPU
 * never holds up a small job. A worker that has nothing to do waits for microseconds, then sleeps.
 *
 * Work is cut by the problem's size, never by the number of workers; a piece owns what it writes.
 * Then the result has the same bits for any number of workers.
 *
 * NULL is a team, too: the caller alone, without a log, and never stopped.
 *
 * Threads: a team serves one job at a time. A call out of a piece of work runs in place; so does a
 * call that finds the team at work for another thread: nobody ever waits for a team. Several teams
 * live side by side, also in threads of a host's own (OpenMP, TBB, ..). After fork() the child's
 * copy of a team works with one worker. */
#ifndef KR_TEAM_H
#define KR_TEAM_H

#include <kr/base.h>

KR_BEGIN_DECLS

enum { KR_MAX_WORKERS = 256 };

typedef struct kr_team kr_team;

/* KR_LOG_NOTE: what was assumed about data, which the person whose data they are should see. */
typedef enum kr_log_level { KR_LOG_DEBUG, KR_LOG_INFO, KR_LOG_NOTE, KR_LOG_WARNING } kr_log_level;

/* How the library speaks, never to a stream of its own. line has no final newline. May be called
 * from any thread, one at a time. */
typedef void (*kr_log_fn)(void *arg, kr_log_level level, const char *line);

/* workers: 1 .. KR_MAX_WORKERS (clamped); 0: as many as kr_team_cpus() says. log: where the library
 * speaks, NULL: silence; log_arg is its first argument. Threads start with the first job that can
 * use them; when the system refuses some, the others do the work and the log has a note.
 * KR_MEMORY when there is none. Destroy when no job runs; it accepts NULL. */
KR_API kr_status kr_team_create(int workers, kr_log_fn log, void *log_arg, kr_team **out,
                                kr_error *err);
KR_API void kr_team_destroy(kr_team *team);

/* The CPUs that this process may use: its affinity, and the quota of its container, rounded up. */
KR_API int kr_team_cpus(void);

/* Numbers of workers run from 0 to this less one, as long as the team lives. */
KR_API int kr_team_workers(const kr_team *team);

/* ---- work ------------------------------------------------------------------------------- */

/* piece: 0 .. n_pieces-1. worker: which of kr_team_workers() runs it; no two at a time have the
 * same number in one job, so it picks memory (kr_per_worker). */
typedef void (*kr_piece_fn)(void *arg, int64_t piece, int worker);

/* Call fn once for every piece. Returns when all are done. */
KR_API void kr_team_for(kr_team *team, int64_t n_pieces, kr_piece_fn fn, void *arg);

/* Steps of work, one after the other: all pieces of a step are done before the next begins. Cheaper
 * than a kr_team_for for each, and a worker begins with the same pieces whenever steps are alike,
 * so that what it has in its cache serves it again. */
typedef struct kr_steps {
    int64_t count;
    /* Pieces of a step, 0: skip it. Called once for each step, by any worker. */
    int64_t (*pieces)(void *arg, int64_t step);
    void (*run)(void *arg, int64_t step, int64_t piece, int worker);
    void (*done)(void *arg, int64_t step); /* once, when all pieces are done; NULL: nothing */
} kr_steps;
KR_API void kr_team_steps(kr_team *team, const kr_steps *steps, void *arg);

/* ---- memory ----------------------------------------------------------------------------- */

/* A block of memory for each worker of a team, zero at the start, each on a cache line of its own.
 */
typedef struct kr_per_worker {
    void *base;
    size_t stride; /* bytes from one worker's to the next's */
} kr_per_worker;

/* KR_MEMORY when there is none; then, too, kr_per_worker_deinit() may be called. */
KR_API kr_status kr_per_worker_init(kr_per_worker *memory, const kr_team *team, size_t n_bytes,
                                    kr_error *err);
KR_API void kr_per_worker_deinit(kr_per_worker *memory);
static inline void *kr_per_worker_at(const kr_per_worker *memory, int worker) {
    return (char *)memory->base + memory->stride * (size_t)worker;
}

/* ---- being heard and stopped ------------------------------------------------------------ */

/* A line to the team's log; nothing when it has none. From any thread, one line at a time. */
KR_API void kr_team_log(kr_team *team, kr_log_level level, const char *format, ...) KR_PRINTF(3, 4);

/* Ask what runs on this team to end soon: training saves and returns KR_INTERRUPTED. May be called
 * from any thread and from a signal handler. */
KR_API void kr_team_stop(kr_team *team);
KR_API bool kr_team_is_stopping(const kr_team *team);
/* Take that back, for a program that goes on with something else. */
KR_API void kr_team_go_on(kr_team *team);

KR_END_DECLS

#endif
