/* SPDX-License-Identifier: MIT
 * launched_ranks.h - the program as one of several processes that an MPI launcher started.
 *
 * The first rank is the one that speaks and writes files; the others are quiet, but say what they
 * alone cannot do. krait-mpi, a library of its own, is loaded only then. */
#ifndef KRAIT_LAUNCHED_RANKS_H
#define KRAIT_LAUNCHED_RANKS_H

#include "framework/command.h"

/* Of the man pages of commands that train on ranks. */
#define RANKS_SECTION(name)                                                                        \
    {                                                                                              \
        "RANKS", "mpirun -n R krait " name                                                         \
                 " .. trains one model with R processes, of OpenMPI or MPICH, on "                 \
                 "one machine or on several: the same bits for any R and any --threads. Each "     \
                 "process reads "                                                                  \
                 "the data, and the state of --resume; the first one writes and speaks. A signal " \
                 "that stops "                                                                     \
                 "one of them stops all after the step, and any other number of them goes on "     \
                 "with --resume. "                                                                 \
                 "The docs' page on scale says more."                                              \
    }

#define RANKS_READ_OPTION                                                                          \
    {                                                                                              \
        OPTION_VALUE, 0, 0, "input", "mpi_read", "NAME", "each", "each|once",                      \
            "under mpirun: each rank reads the data, or the first reads and sends them once"       \
    }
/* What --mpi_read says: are the data sent, and does this process read them? */
kr_status ranks_choose_reading(const command_call *call, bool *sends, bool *reads, kr_error *err);

/* Processes that the launcher started; 1: there was no launcher. */
int ranks_count(void);
/* Is this the process that speaks and writes? */
bool ranks_is_first(void);

/* The team trains with the other ranks from now on. KR_USAGE: another rank has other settings. */
kr_status ranks_join(const command *self, kr_team *team, const void *config, kr_error *err);
/* It trains no longer with them: what follows, each rank does alone. */
void ranks_leave(void);

/* Does the command share its work among ranks? KR_USAGE: no, and there are several. */
kr_status ranks_check(const command *self, kr_error *err);

enum { RANKS_PREFIX = 32 };
/* What a sentence about a failure begins with: "rank 3: ", "" of the first rank. False: the first
 * one has said it. It ends all others, which wait for that in here. */
bool ranks_may_speak(kr_status status, char prefix[RANKS_PREFIX]);
/* At the end of a command: waits for the others, or ends them where this one failed, with the exit
 * code. */
void ranks_end(kr_status status, int code);

#endif
