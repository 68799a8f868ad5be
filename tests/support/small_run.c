/* SPDX-License-Identifier: MIT
 * small_run.c - runs as `krait run` does them, by the tests' team. */
#include "support/small_run.h"
#include "forecast/forecast_config.h"

#include "support/workers.h"

static repetition last;

kr_status test_run(const kr_forecast_config *settings, int64_t number,
                   const kr_forecast_observer *observer, kr_forecast_result **out, kr_error *err) {
    last = (repetition){
        .team = test_team, .settings = settings, .number = number, .observer = observer};
    return train_and_test(&last, out, err);
}

const char *test_run_checkpoint(void) { return last.checkpoint; }
