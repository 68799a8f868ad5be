/* SPDX-License-Identifier: MIT
 * bench_ranks.h - a timing program as ranks over MPI, with a clock and a count of bytes around what
 * they exchange. */
#ifndef KR_BENCH_RANKS_H
#define KR_BENCH_RANKS_H

#include <kr/team.h>

/* The team joins the ranks of this launcher. library: libkrait-mpi-openmpi.so or
 * libkrait-mpi-mpich.so, as a path; NULL: the process is alone, and nothing happens. */
kr_status bench_ranks_join(kr_team *team, const char *library, kr_error *err);
/* After the team's last use; ends MPI. */
void bench_ranks_leave(kr_team *team);
/* Is it for this one to print? */
bool bench_ranks_prints(void);

/* Adds to a line of JSON, when there are ranks: their number; of each training step the median of
 * ms in which this rank waits for the last one, and of ms from then until the sum is there; bytes
 * that it sends in a step. Sorts the times. */
void bench_ranks_print(void);

#endif
