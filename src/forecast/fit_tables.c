/* SPDX-License-Identifier: MIT
 * fit_tables.c - the errors of a fit's models and of its targets as tables. */
#include <stdio.h>

#include "core/csv_writing.h"
#include "core/platform.h"
#include "forecast/fit_results.h"

kr_status kr__fit_write_comparison(const kr__fit_result *result, const char *path, kr_error *err) {
    kr_file_writer w;
    KR_TRY(kr__file_writer_open(path, &w, err));
    fprintf(w.stream, "model,choosing,judging,seconds,is_chosen\n");
    for (int i = 0; i < result->n_candidates; i++) {
        const kr__fit_candidate *c = &result->candidates[i];
        if (!c->forecasts.mean) continue;
        kr__csv_write_name(w.stream, c->model, "", NULL);
        kr__csv_write_number(w.stream, c->loss);
        kr__csv_write_number(w.stream, c->verdict_loss);
        fprintf(w.stream, ",%.3f,%d\n", c->seconds, kr__fit_is_chosen(result, i));
    }
    return kr__file_writer_commit(&w, err);
}

kr_status kr__fit_write_targets(const kr_fit *fit, const char *path, kr_error *err) {
    const kr_rows *rows = fit->data.rows;
    const kr__verdict *v = &fit->result.verdict;
    const kr__study *s = fit->result.study;
    kr_file_writer w;
    if (!v->skills) return KR_OK;
    KR_TRY(kr__file_writer_open(path, &w, err));
    fprintf(w.stream, "series,column,mase,skill\n");
    for (int64_t i = 0; i < s->n_targets; i++) {
        const char *series = kr_rows_series(rows, s->targets[i].series);
        kr__csv_write_name(w.stream, series ? series : "", "", NULL);
        fputc(',', w.stream);
        kr__csv_write_name(w.stream, kr_rows_column(rows, s->targets[i].column), "", NULL);
        kr__csv_write_number(w.stream, v->mases[i]);
        kr__csv_write_number(w.stream, v->skills[i]);
        fputc('\n', w.stream);
    }
    return kr__file_writer_commit(&w, err);
}
