/* SPDX-License-Identifier: MIT
 * merge_backtest.c - the backtests of shards as one: the same `krait backtest` over all series,
 * with the forecasts of the shards in place of the model's. */
#include "backtest/backtest_command.h"
#include "merge/merge_command.h"

static backtest_parts parts; /* for read_request, which is called without an argument of ours */

static kr_status read_request(void *arg, kr_error *err) {
    backtest_request *r = arg;
    r->parts = &parts;
    return command_backtest.read(arg, err);
}

kr_status merge_backtests(const merge *m, kr_error *err) {
    command own = command_backtest;
    backtest_part *all = kr__calloc((size_t)m->n, sizeof *all);
    if (!all) return kr_fail(err, KR_MEMORY, "out of memory for the shards");
    for (int64_t k = 0; k < m->n; k++) {
        all[k] = (backtest_part){m->parts[k].output, m->parts[k].n, m->parts[k].places};
    }
    parts = (backtest_parts){m->n, all, merge_text(&m->parts[0], "fingerprint")};
    own.read = read_request;
    kr_status status = merge_run(m, &own, err);
    kr_free(all);
    return status;
}
