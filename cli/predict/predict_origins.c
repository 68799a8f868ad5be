/* SPDX-License-Identifier: MIT
 * predict_origins.c - the rows that forecasts start from, as --at and --every say. */
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/text.h"
#include "forecast/history_text.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"
#include "tables/date_format.h"

static kr_status refuse_at(const predict_job *job, const char *why, kr_error *err) {
    const kr_history *h = job->history;
    char first[KR__HISTORY_DATE], last[KR__HISTORY_DATE];
    return kr_fail(err, KR_USAGE, "--at %.40s: %s; %s has rows from %s to %s",
                   job->request->config.at, why, h->name, kr__history_row(h, 0, first),
                   kr__history_row(h, h->n_rows - 1, last));
}

kr_status predict_find_at(const predict_job *job, int64_t *row, kr_error *err) {
    const char *at = job->request->config.at;
    const kr_history *h = job->history;
    int64_t micros;
    *row = h->n_rows - 1;
    if (!*at) return KR_OK;
    if (!h->timestamps) {
        bool is_row = kr__text_int(at, row) && *row >= 1 && *row <= h->n_rows;
        if (!is_row) return refuse_at(job, "is not the number of a row", err);
        *row -= 1;
        return KR_OK;
    }
    if (!kr__date_parse(at, strlen(at), &micros)) {
        return refuse_at(job, "is not a date such as 2018-02-20 or \"2018-02-20 01:00:00\"", err);
    }
    *row = kr_history_find(h, micros);
    return *row >= 0 ? KR_OK : refuse_at(job, "no row has this date", err);
}

kr_status predict_choose_origins(const predict_job *job, int64_t **origins, int64_t *n,
                                 kr_error *err) {
    const predict_config *c = &job->request->config;
    int64_t first = 0, every = c->every;
    int64_t last = kr_history_last_origin(job->history, job->model);
    KR_TRY(predict_find_at(job, &first, err));
    if (every > 0 && !*c->at) first = kr_forecaster_info_of(job->model)->seq_len - 1;
    /* Too few rows for a single forecast: kr_forecaster_predict() says so. */
    if (every > 0 && first > last) first = last;
    *n = every > 0 ? (last - first) / every + 1 : 1;
    *origins = kr__calloc((size_t)*n, sizeof **origins);
    if (!*origins) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    for (int64_t i = 0; i < *n; i++) (*origins)[i] = first + i * every;
    return KR_OK;
}
