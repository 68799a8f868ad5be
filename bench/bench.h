/* SPDX-License-Identifier: MIT
 * bench.h - what the timing programs share: counts on the command line, a JSON line. */
#ifndef KR_BENCH_H
#define KR_BENCH_H

#include <kr/team.h>
#include <kr/training.h>

enum { BENCH_MAX_STEPS = 100000 };

typedef struct bench_case {
    const kr_team *team;
    const char *model;
    int64_t seq_len, batch, n_parameters;
    bool is_inference;
    const kr_profile *profile; /* NULL: none */
    int64_t n_profiled;        /* batches in it, those for warming up included */
} bench_case;

/* Of n times in ms, which it sorts: least, median, quartiles, tokens (steps of series) a second,
 * parameters, peak RSS as one line of JSON. With a profile also the floating point operations of
 * matrix products and the state updates of a batch, and the profile as a table on stderr. */
void bench_print(const bench_case *c, double *ms, int64_t n);

/* The whole number of --name text. */
kr_status bench_count(const char *name, const char *text, int64_t *value, kr_error *err);
/* Room for --steps times, and the refusal of a number of steps that is none. Free with kr_free. */
kr_status bench_times(int64_t steps, double **ms, kr_error *err);

#endif
