/* SPDX-License-Identifier: MIT
 * dataset.c - from a file to scaled rows, marks and borders. */
#include <kr/dataset.h>

#include <inttypes.h>
#include <kr/text.h>
#include <string.h>

#include "forecast/opening.h"

/* Of seq_len and pred_len: their sum cannot overflow. */
static const int64_t LARGEST = (int64_t)1 << 40;

kr_status kr__opening_no_memory(const kr__opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for the data set", o->config->path);
}

/* ---- settings --------------------------------------------------------------------------- */

static kr_status check_config(kr__opening *o) {
    const kr_dataset_config *c = o->config;
    KR_TRY(kr_text_check_choice("data", c->loader, kr__loader_names, o->err));
    KR_TRY(kr_text_check_choice("features", c->features, "M|S|MS", o->err));
    if (c->gaps && *c->gaps) KR_TRY(kr_text_check_choice("gaps", c->gaps, KR_GAPS_CHOICES, o->err));
    o->loader = kr__loader_find(c->loader);
    if (c->seq_len < 1 || c->pred_len < 1 || c->seq_len > LARGEST || c->pred_len > LARGEST) {
        return kr_fail(o->err, KR_USAGE,
                       "seq_len %" PRId64 " and pred_len %" PRId64 ": both must be 1 or more",
                       c->seq_len, c->pred_len);
    }
    return KR_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status read_names(kr__opening *o) {
    const kr_dataset_config *c = o->config;
    kr_arena *arena = &o->storage->arena;
    bool is_good = kr__name_list_read(c->drop_columns, arena, &o->dropped) &&
                   kr__name_list_read(c->known_future, arena, &o->known) &&
                   kr__name_list_read(c->static_columns, arena, &o->constant);
    return is_good ? KR_OK : kr__opening_no_memory(o);
}

static kr_status open_steps(kr__opening *o) {
    KR_TRY(check_config(o));
    KR_TRY(read_names(o));
    KR_TRY(o->loader->read(o->config, &o->dropped, &o->panel, o->err));
    KR_TRY(kr__fill_gaps(o));
    KR_TRY(kr__choose_channels(o));
    KR_TRY(kr__split_rows(o));
    KR_TRY(kr__make_rows(o));
    return kr__make_marks(o);
}

kr_status kr_dataset_open(kr_team *team, const kr_dataset_config *config, kr_dataset **out,
                          kr_error *err) {
    kr__opening o = {.team = team, .config = config, .err = err};
    o.storage = kr_calloc(1, sizeof *o.storage);
    if (!o.storage) return kr__opening_no_memory(&o);
    kr_status status = open_steps(&o);
    kr__free_gaps(&o);
    kr__panel_deinit(&o.panel);
    if (status != KR_OK) {
        kr_dataset_destroy(&o.storage->dataset);
        return status;
    }
    *out = &o.storage->dataset;
    return KR_OK;
}

void kr_dataset_drop_double(kr_dataset *dataset) {
    kr_free(dataset->data64);
    kr_free(dataset->marks64);
    dataset->data64 = dataset->marks64 = NULL;
}

void kr_dataset_destroy(kr_dataset *dataset) {
    if (!dataset) return;
    kr_dataset_drop_double(dataset);
    kr_free(dataset->data);
    kr_free(dataset->marks);
    kr_free(dataset->mean);
    kr_free(dataset->deviation);
    kr_free(dataset->missing);
    kr_free(dataset->timestamps);
    kr__dataset_storage *whole = (kr__dataset_storage *)dataset;
    kr_arena_deinit(&whole->arena);
    kr_free(whole);
}

void kr_dataset_unscale(const kr_dataset *dataset, int64_t series, int64_t first_channel,
                        int64_t n_used, int64_t n, const float *x, float *y) {
    const double *mean = dataset->mean + series * dataset->n_channels + first_channel;
    const double *deviation = dataset->deviation + series * dataset->n_channels + first_channel;
    for (int64_t row = 0; row < n; row++) {
        for (int64_t c = 0; c < n_used; c++) {
            int64_t i = row * n_used + c;
            y[i] = (float)((double)x[i] * deviation[c] + mean[c]);
        }
    }
}
