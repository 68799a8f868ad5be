/* SPDX-License-Identifier: MIT
 * trained_model.h - what the commands share that ask a trained model for forecasts. */
#ifndef KRAIT_TRAINED_MODEL_H
#define KRAIT_TRAINED_MODEL_H

#include <kr/forecaster.h>

#include "core/datetime.h"
#include "framework/command_flags.h"

/* --checkpoint: a file, or the folder of krait run or fit that it is in; the file's path goes into
 * path. KR_USAGE when none is given. */
kr_status trained_model_open(const char *given, char *path, size_t size, kr_forecaster **out,
                             kr_error *err);

/* --levels (text), as far as the model has them, or none of them. Levels that were not asked for
 * are left out where they cannot be had, with a note unless is_quiet. checkpoint is its file. */
kr_status trained_model_levels(const kr_forecaster *model, const char *checkpoint, const char *text,
                               const settings_given *given, bool is_quiet,
                               double levels[KR_LEVELS_MAX], int *n, kr_error *err);

/* --id_column (text) of a model of one series changes nothing: a note, unless is_quiet. */
void trained_model_note_ids(const kr_forecaster *model, const char *text, bool is_quiet);

/* --gaps (text), of which "training" is what the model was trained with. */
const char *trained_model_gaps(const kr_forecaster *model, const char *text);

#endif
