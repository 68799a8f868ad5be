/* SPDX-License-Identifier: MIT
 * predict_streams.c - rows that arrive one by one, and the zero-shot model, which takes a step for
 * each. Rows wait until somebody asks for a forecast. */
#include <math.h>

#include "core/arena.h"
#include "forecast/dataset.h"
#include "forecast/predict_internal.h"

static bool has_streams(const kr__history *h, const kr_forecaster *f) {
    return h->is_pushed && h->forecaster == f && kr__local_tells_quantiles(f) &&
           f->errors.n_windows == 0 && f->info.pred_len <= KR_ZEROSHOT_STREAM_HORIZON;
}

void kr__history_end_streams(kr__history *h) {
    for (int64_t k = 0; k < h->n_streams; k++) kr_zeroshot_stream_destroy(h->streams[k]);
    kr_free(h->streams);
    h->streams = NULL;
    h->n_streams = h->n_streamed = 0;
}

static kr_status create(kr__history *h, kr_error *err) {
    const kr_forecaster *f = h->forecaster;
    kr_zeroshot_stream_options options = {.size = sizeof options, .horizon = f->info.pred_len};
    int64_t seasons[KR__FORECASTER_SEASONS], n_seasons = kr__forecaster_seasons(f, seasons);
    kr__local_zeroshot_seasons(n_seasons, seasons, options.seasons);
    h->streams = kr__calloc((size_t)f->info.n_outputs, sizeof(kr_zeroshot_stream *));
    if (!h->streams) return kr_fail(err, KR_MEMORY, "%s: out of memory for the rows", h->rows.name);
    for (; h->n_streams < f->info.n_outputs; h->n_streams++) {
        kr_zeroshot_stream **stream = &h->streams[h->n_streams];
        kr_status status = kr_zeroshot_stream_create(f->zeroshot, &options, stream, err);
        if (status == KR_OK) continue;
        kr__history_end_streams(h);
        return status;
    }
    return KR_OK;
}

/* The last n rows of the history. */
static kr_status push(kr__history *h, int64_t n, kr_error *err) {
    const kr_history *rows = &h->rows;
    int64_t width = rows->n_channels, n_outputs = h->n_streams;
    for (int64_t row = rows->n_rows - n; row < rows->n_rows; row++) {
        for (int64_t k = 0; k < n_outputs; k++) {
            int64_t at = row * width + width - n_outputs + k;
            bool is_gap = rows->missing && rows->missing[at];
            double value = is_gap ? (double)NAN : rows->values[at];
            const char *column = h->forecaster->info.columns[width - n_outputs + k];
            KR_TRY(kr__check_unit(rows->name, column, fmax(fabs(value), 1), err));
            KR_TRY(kr_zeroshot_stream_push(h->streams[k], 1, &value, err));
        }
    }
    h->n_streamed += n;
    return KR_OK;
}

kr_status kr__history_streams(const kr_history *history, const kr_forecaster *forecaster,
                              kr_zeroshot_stream ***out, kr_error *err) {
    kr__history *h = (kr__history *)(uintptr_t)history; /* what it keeps beside its rows */
    *out = NULL;
    if (!has_streams(h, forecaster)) return KR_OK;
    int64_t n_waiting = h->n_arrived - h->n_streamed;
    if (!h->streams || n_waiting > h->rows.n_rows) { /* some are not kept any more */
        kr__history_end_streams(h);
        KR_TRY(create(h, err));
        n_waiting = h->rows.n_rows;
        h->n_streamed = h->n_arrived - n_waiting;
    }
    KR_TRY(push(h, n_waiting, err));
    *out = h->streams;
    return KR_OK;
}
