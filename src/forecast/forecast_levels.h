/* SPDX-License-Identifier: MIT
 * forecast_levels.h - the settings of a run that are lists of probabilities. */
#ifndef KR_FORECAST_LEVELS_H
#define KR_FORECAST_LEVELS_H

#include "forecast/forecast_config.h"

/* --levels, rising; n is 0 for "none". KR_USAGE when the text is no list of levels. */
kr_status kr__levels_of(const kr_forecast_config *config, double levels[KR_LEVELS_MAX], int *n,
                        kr_error *err);

/* --quantiles, rising, with the median among them. */
kr_status kr__quantiles_of(const kr_forecast_config *config, double p[KR_QUANTILES_MAX], int *n,
                           kr_error *err);
static inline bool kr__is_median(double p) { return p == 0.5; }

#endif
