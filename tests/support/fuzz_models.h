/* SPDX-License-Identifier: MIT
 * fuzz_models.h - small models and series to fuzz around. */
#ifndef KR_FUZZ_MODELS_H
#define KR_FUZZ_MODELS_H

#include <kr/forecaster.h>
#include <kr/nextstep.h>

enum { FUZZ_SEQ_LEN = 6, FUZZ_PRED_LEN = 3, FUZZ_ROWS = 120, FUZZ_FEATURES = 2, FUZZ_STEPS = 64 };

/* Columns a and b, an hour apart from 2020-01-01 on. */
kr_rows *fuzz_rows(void);
/* A forecaster of them, not prepared yet, on a team of one. */
kr_forecaster *fuzz_forecaster(const char *model);

/* FUZZ_STEPS steps of FUZZ_FEATURES waves. */
kr_series *fuzz_series(void);
/* A next-step model of them, with its initial values. */
kr_nextstep *fuzz_nextstep(void);

#endif
