/* SPDX-License-Identifier: MIT
 * mpi.h - ranks over MPI: the processes of MPI_COMM_WORLD.
 *
 * Not part of libkrait, which knows no MPI. libkrait-mpi-openmpi and libkrait-mpi-mpich have the
 * function below; a program links, or loads, the one whose launcher started it:
 *
 *     const kr_mpi *mpi = kr_mpi_get();
 *     const kr_ranks *ranks = NULL;
 *     mpi->begin(&ranks, &err);
 *     kr_team_join(team, ranks, &err);
 *     .. train ..
 *     kr_team_join(team, NULL, &err);
 *     mpi->end(); */
#ifndef KR_MPI_H
#define KR_MPI_H

#include <kr/ranks.h>

KR_BEGIN_DECLS

typedef struct kr_mpi {
    size_t size;      /* sizeof(kr_mpi) */
    const char *name; /* "OpenMPI", "MPICH" */
    /* MPI_Init_thread(), unless the host called it; the ranks live until end(). What they do is to
     * be called by the thread that called this. KR_IO: MPI could not be started. */
    kr_status (*begin)(const kr_ranks **out, kr_error *err);
    /* Returns when all ranks are here; MPI_Finalize(), unless the host called MPI_Init(). */
    void (*end)(void);
    /* Ends all ranks at once, with this exit code. Does not return. */
    void (*abort)(int code);
} kr_mpi;

KR_API const kr_mpi *kr_mpi_get(void);

KR_END_DECLS

#endif
