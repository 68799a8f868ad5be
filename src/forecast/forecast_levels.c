/* SPDX-License-Identifier: MIT
 * forecast_levels.c - the settings that are lists of probabilities: --levels and --quantiles. */
#include <stdio.h>
#include <string.h>

#include "forecast/forecast_config.h"
#include "forecast/forecast_levels.h"

#include "core/text.h"

kr_status kr__levels_of(const kr_forecast_config *config, double levels[KR_LEVELS_MAX], int *n,
                        kr_error *err) {
    *n = 0;
    if (strcmp(config->levels, "none") == 0) return KR_OK;
    kr_status status = kr_levels_parse(config->levels, levels, n, err);
    if (status != KR_OK) kr_error_prefix(err, "`levels`");
    return status;
}

static kr_status parse_quantile(const char *word, size_t length, double *p, kr_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    if (length < sizeof text && kr__text_real(text, p) && *p > 0 && *p < 1) return KR_OK;
    return kr_fail(
        err, KR_USAGE,
        "`quantiles`: \"%.*s\" is not a number between 0 and 1; give them as 0.1,0.5,0.9",
        length > 40 ? 40 : (int)length, word);
}

kr_status kr__quantiles_of(const kr_forecast_config *config, double p[KR_QUANTILES_MAX], int *n,
                           kr_error *err) {
    double found[KR_QUANTILES_MAX];
    int count = 0, middle = -1;
    for (const char *word = config->quantiles; word; word = kr__text_behind(word, ',')) {
        if (count == KR_QUANTILES_MAX) {
            return kr_fail(err, KR_USAGE, "`quantiles`: more than %d; give fewer",
                           KR_QUANTILES_MAX);
        }
        KR_TRY(parse_quantile(word, strcspn(word, ","), &found[count], err));
        if (count > 0 && found[count] <= found[count - 1]) {
            return kr_fail(err, KR_USAGE,
                           "`quantiles`: %g is not above %g; list them in rising order",
                           found[count], found[count - 1]);
        }
        if (kr__is_median(found[count])) middle = count;
        count++;
    }
    if (middle < 0) {
        return kr_fail(err, KR_USAGE,
                       "`quantiles`: 0.5, which becomes the forecast, is missing; add it");
    }
    memcpy(p, found, (size_t)count * sizeof *p);
    *n = count;
    return KR_OK;
}
