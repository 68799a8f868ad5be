/* SPDX-License-Identifier: MIT
 * epoch_record.h - what is kept of each epoch of a training. */
#ifndef KR_EPOCH_RECORD_H
#define KR_EPOCH_RECORD_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* A loss that was not measured, or has no finite value, is NaN. */
typedef struct kr_epoch_record {
    int64_t epoch;          /* from 1 */
    double train_loss;      /* mean of the steps that counted, with dropout; NaN: none did */
    double train_eval_loss; /* of the training samples without dropout, by the epoch's end */
    double validation_loss, test_loss;
    double rate;
    double seconds, total_seconds; /* of the steps; with all that was measured behind them */
    bool is_best;                  /* the best validation loss so far */
} kr_epoch_record;

KR_END_DECLS

#endif
