/* SPDX-License-Identifier: MIT
 * ranks.h - processes that train one model together.
 *
 * A rank is a process that has the same data, settings and parameters as the others and makes the
 * same calls in the same order. Of each batch it computes the gradient of some slots (a slot is a
 * stretch of samples that depends on batch and model alone), and the slots of all ranks are added
 * in the tree in which one process adds them: a training has the same bits for any number of ranks
 * and threads. Evaluations are shared out, too.
 *
 * The library knows no MPI. Whoever starts the processes gives it the functions below; <kr/mpi.h>
 * has them for MPI. What one rank alone may do, such as writing files, is done by rank 0.
 *
 * Shared out are kr_forecaster_train() and kr_forecaster_score(), kr_nextstep_train(), and
 * kr_zeroshot_train(). Everything else computes in each process for itself. */
#ifndef KR_RANKS_H
#define KR_RANKS_H

#include <kr/team.h>

KR_BEGIN_DECLS

/* Bytes for, or from, another rank. */
typedef struct kr_message {
    int rank;
    void *data;
    size_t n_bytes;
} kr_message;

/* What the ranks can do for each other; all of them call the same function at the same time. The
 * functions do not fail: a rank that lost the others can only end, with a sentence, and end them.
 */
typedef struct kr_ranks {
    size_t size; /* sizeof(kr_ranks) */
    int rank, count;
    void *arg;
    /* Returns when all messages have gone out and come in. Those between two ranks arrive in the
     * order of the lists. */
    void (*exchange)(void *arg, const kr_message *sent, int n_sent, const kr_message *received,
                     int n_received);
    /* data holds a part for each rank, one after the other, of n_bytes[rank]; each has its own, and
     * gets the others'. */
    void (*gather)(void *arg, void *data, const size_t *n_bytes);
} kr_ranks;

enum { KR_MAX_RANKS = 1024 };

/* From now on training with this team is shared out to the ranks, which must outlive it; NULL: this
 * process is alone again. To be called before the team is used; all ranks call it, and no later
 * call may be made by some of them alone until they left. A request to stop (kr_team_stop()) is
 * then one to all: kr_team_is_stopping() says so once all know of it, after a step. KR_USAGE:
 * there is no team, the ranks cannot be, or another one is of another version, or its CPU computes
 * other bits. */
KR_API kr_status kr_team_join(kr_team *team, const kr_ranks *ranks, kr_error *err);

/* The ranks that the team has joined; NULL: none. */
KR_API const kr_ranks *kr_team_ranks(const kr_team *team);

KR_END_DECLS

#endif
