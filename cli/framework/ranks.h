/* SPDX-License-Identifier: MIT
 * ranks.h - the program as one of several processes that an MPI launcher started.
 *
 * The first rank is the one that speaks and writes files; the others are quiet, but say what they
 * alone cannot do. krait-mpi, a library of its own, is loaded only then. */
#ifndef KRAIT_RANKS_H
#define KRAIT_RANKS_H

#include "framework/command.h"

/* Processes that the launcher started; 1: there was no launcher. */
int ranks_count(void);
/* Is this the process that speaks and writes? */
bool ranks_is_first(void);

/* The team trains with the other ranks from now on. KR_USAGE: the command does not; another rank
 * has other settings. */
kr_status ranks_join(const command *self, kr_team *team, const void *config, kr_error *err);
/* It trains no longer with them: what follows, each rank does alone. */
void ranks_leave(void);

enum { RANKS_PREFIX = 32 };
/* Before a sentence about a failure: "rank 3: ", "" of the first rank. Where all fail alike, the
 * first one says so and ends the others while they wait in here. */
const char *ranks_prefix(char text[RANKS_PREFIX]);
/* At the end of a command: waits for the others, or ends them where this one failed, with the exit
 * code. */
void ranks_end(kr_status status, int code);

#endif
