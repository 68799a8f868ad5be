/* SPDX-License-Identifier: MIT
 * training.h - what a training reports: its epochs, and where its time went. */
#ifndef KR_TRAINING_H
#define KR_TRAINING_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* ---- epochs ---------------------------------------------------------------------------------- */

/* A loss that was not measured, or has no finite value, is NaN. */
typedef struct kr_epoch_record {
    int64_t epoch;          /* from 1 */
    double train_loss;      /* mean of the steps that counted, with dropout; NaN: none did */
    double train_eval_loss; /* of the training samples without dropout, at the end of the epoch */
    double validation_loss, test_loss;
    double rate;
    double seconds, total_seconds; /* of the steps; with the measuring after them */
    bool is_best;                  /* the best validation loss so far */
} kr_epoch_record;

/* ---- time ------------------------------------------------------------------------------------ */

typedef enum kr_pass { KR_PASS_FORWARD, KR_PASS_BACKWARD, KR_PASS_INFERENCE } kr_pass;

/* All nodes of one op in one pass. An op that all workers compute together is timed from outside,
 * any other in the worker that computes it. */
typedef struct kr_profile_row {
    const char *op;
    kr_pass pass;
    int64_t calls;
    double seconds;   /* summed over workers */
    double work;      /* of all calls, in units */
    const char *unit; /* "FLOP"; "B" read and written; "update" of a state */
} kr_profile_row;

enum { KR_PROFILE_ROWS = 128 };
typedef struct kr_profile {
    kr_profile_row rows[KR_PROFILE_ROWS]; /* the slowest first */
    int n_rows;
    double seconds; /* of all rows */
} kr_profile;

/* "forward", .. */
KR_API const char *kr_pass_name(kr_pass pass);

/* Line 0, 1, .. of the table, its heading and its sum included, without line end; false after the
 * last one. */
KR_API bool kr_profile_line(const kr_profile *profile, int line, char *text, size_t size);

KR_END_DECLS

#endif
