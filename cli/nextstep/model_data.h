/* SPDX-License-Identifier: MIT
 * model_data.h - a trained next-step model and the series that it is applied to. */
#ifndef KRAIT_MODEL_DATA_H
#define KRAIT_MODEL_DATA_H

#include <stdio.h>

#include <kr/nextstep.h>
#include <kr/series.h>

/* "WHAT from epoch 6  (val MSE 27.3041)", or what else is known. out may be NULL. */
void model_print_loaded(FILE *out, const kr_nextstep *model, const char *checkpoint,
                        const char *what);

/* how: a table is read. KR_USAGE when its features are not those of the model. */
kr_status model_open_series(const kr_nextstep *model, const char *checkpoint, const char *data_dir,
                            const kr_rows_options *how, kr_series **out, kr_error *err);

/* Steps of a window: as given, or, when that is 0, those of the model's training. KR_USAGE when the
 * file does not say or the series is shorter. */
kr_status model_window(const kr_nextstep *model, const char *checkpoint, const kr_series *series,
                       int64_t given, int64_t *out, kr_error *err);

#endif
