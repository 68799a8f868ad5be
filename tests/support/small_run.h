/* SPDX-License-Identifier: MIT
 * small_run.h - runs as `krait run` does them, by the tests' team. */
#ifndef KR_SMALL_RUN_H
#define KR_SMALL_RUN_H

#include "forecast/forecast_config.h"
#include "framework/train_and_test.h"

/* Repetition `number` of a run on the rows that the settings name. */
kr_status test_run(const kr_forecast_config *settings, int64_t number,
                   const kr_forecast_observer *observer, kr_forecast_result **out, kr_error *err);
/* The checkpoint that the last one wrote or read; "" when there was none. */
const char *test_run_checkpoint(void);

#endif
