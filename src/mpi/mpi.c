/* SPDX-License-Identifier: MIT
 * mpi.c - ranks over MPI; built once for each MPI, as their interfaces are not binary compatible.
 *
 * A failure of MPI ends the process and with it all ranks, with a sentence of MPI's own
 * (MPI_ERRORS_ARE_FATAL): there is nothing that a rank could do without the others. */
#define _GNU_SOURCE
#include <kr/mpi.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mpi.h>

enum {
    /* Of one message of MPI. Larger ones are sent after an answer to an announcement, and the
     * answer waits behind what its rank sends itself: two ranks would talk one after the other on a
     * wire that carries both. OpenMPI's limit over TCP is 64 KiB, headers included. */
    MOST_BYTES = 60 << 10,
    SMALL_BYTES = 16 << 10 /* of a gathering in few steps rather than from each to each */
};

static kr_ranks ranks;
static int is_ours; /* MPI_Init() was called here */

/* ---- messages ------------------------------------------------------------------------------- */

static int count_parts(const kr_message *messages, int n) {
    int count = 0;
    for (int i = 0; i < n; i++) {
        count += (int)((messages[i].n_bytes + MOST_BYTES - 1) / MOST_BYTES);
    }
    return count;
}

static int begin_all(const kr_message *messages, int n, int is_sent, MPI_Request *requests) {
    int count = 0;
    for (int i = 0; i < n; i++) {
        const kr_message *m = &messages[i];
        for (size_t at = 0; at < m->n_bytes; at += MOST_BYTES) {
            size_t left = m->n_bytes - at;
            int size = left < MOST_BYTES ? (int)left : MOST_BYTES;
            void *data = (char *)m->data + at;
            if (is_sent) {
                MPI_Isend(data, size, MPI_BYTE, m->rank, 0, MPI_COMM_WORLD, &requests[count++]);
            } else {
                MPI_Irecv(data, size, MPI_BYTE, m->rank, 0, MPI_COMM_WORLD, &requests[count++]);
            }
        }
    }
    return count;
}

static void no_memory(void) {
    fprintf(stderr, "krait: rank %d: out of memory for messages\n", ranks.rank);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static void exchange(void *arg, const kr_message *sent, int n_sent, const kr_message *received,
                     int n_received) {
    static MPI_Request *requests;
    static int room;
    int n = count_parts(sent, n_sent) + count_parts(received, n_received);
    (void)arg;
    if (n > room) {
        free(requests);
        requests = malloc((size_t)n * sizeof(MPI_Request));
        room = n;
    }
    if (n > 0 && !requests) no_memory();
    int count = begin_all(received, n_received, 0, requests);
    count += begin_all(sent, n_sent, 1, requests + count);
    MPI_Waitall(count, requests, MPI_STATUSES_IGNORE);
}

static void gather_small(void *data, const size_t *n_bytes) {
    static int counts[KR_MAX_RANKS], starts[KR_MAX_RANKS];
    for (int r = 0, at = 0; r < ranks.count; at += counts[r++]) {
        counts[r] = (int)n_bytes[r];
        starts[r] = at;
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, data, counts, starts, MPI_BYTE,
                   MPI_COMM_WORLD);
}

static void gather_large(char *data, const size_t *n_bytes) {
    static kr_message sent[KR_MAX_RANKS], received[KR_MAX_RANKS];
    int n = 0;
    char *own = data;
    for (int r = 0; r < ranks.rank; r++) own += n_bytes[r];
    for (int r = 0; r < ranks.count; data += n_bytes[r++]) {
        if (r == ranks.rank) continue;
        sent[n] = (kr_message){r, own, n_bytes[ranks.rank]};
        received[n++] = (kr_message){r, data, n_bytes[r]};
    }
    exchange(NULL, sent, n, received, n);
}

static void gather(void *arg, void *data, const size_t *n_bytes) {
    size_t sum = 0;
    (void)arg;
    for (int r = 0; r < ranks.count; r++) sum += n_bytes[r];
    if (sum <= SMALL_BYTES) {
        gather_small(data, n_bytes);
    } else {
        gather_large(data, n_bytes);
    }
}

/* ---- from the start to the end -------------------------------------------------------------- */

static kr_status fail(kr_error *err, const char *text) {
    if (err) snprintf(err->text, sizeof err->text, "%s", text);
    return KR_IO;
}

static kr_status begin(const kr_ranks **out, kr_error *err) {
    int is_on = 0, level = 0;
    MPI_Initialized(&is_on);
    is_ours = !is_on;
    if (is_ours && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) {
        return fail(err, "MPI could not be started");
    }
    ranks = (kr_ranks){.size = sizeof ranks, .exchange = exchange, .gather = gather};
    MPI_Comm_rank(MPI_COMM_WORLD, &ranks.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks.count);
    if (ranks.count > KR_MAX_RANKS) return fail(err, "there are more than 1024 ranks");
    *out = &ranks;
    return KR_OK;
}

/* MPICH before 4.2 ends connections over UCX with a question and its answer, and a rank that has
 * its own answers hears no more questions: one that comes later waits for ever (pmodels/mpich, pull
 * request 6596). None is late when all begin after a pause in which they answer nothing. */
static void pause_before_finalize(void) {
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40200000
    const struct timespec time = {.tv_nsec = 200000000};
    nanosleep(&time, NULL);
#endif
}

static void end(void) {
    MPI_Barrier(MPI_COMM_WORLD);
    if (!is_ours) return;
    pause_before_finalize();
    MPI_Finalize();
}

static void abort_all(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

const kr_mpi *kr_mpi_get(void) {
    static const kr_mpi mpi = {
        .size = sizeof mpi, .name = KR_MPI_NAME, .begin = begin, .end = end, .abort = abort_all};
    return &mpi;
}
