/* SPDX-License-Identifier: MIT
 * fuzz_fit_record.c - any bytes as what a model's file says of its fit. What was read can be told
 * number by number, and is written and read again as the same. */
#include <kr/fit.h>
#include <stdlib.h>
#include <string.h>

#include "core/settings_view.h"
#include "forecast/fitting.h"
#include "forecast/forecaster_internal.h"
#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void tell_all(const kr_fit *fit) {
    kr_fit_info info = {.size = sizeof info};
    kr_fit_verdict verdict = {.size = sizeof verdict};
    kr_fit_candidate c = {.size = sizeof c};
    kr_fit_rule rule = {.size = sizeof rule};
    kr_settings *settings = NULL;
    kr_fit_describe(fit, &info);
    require(kr_fit_describe_verdict(fit, &verdict));
    require(strlen(verdict.sentence) < KR_FIT_VERDICT && strlen(verdict.choice) < KR_FIT_CHOICE);
    require(kr_judgement_text(verdict.judgement) != NULL);
    for (int i = 0; kr_fit_describe_candidate(fit, i, &c); i++)
        require(c.model && c.why_not && c.training_loss);
    for (int i = 0; kr_fit_describe_rule(fit, i, &rule); i++) require(rule.what && rule.value);
    if (kr_fit_settings(fit, &settings, NULL) == KR_OK) kr_settings_destroy(settings);
}

static void read_again(const kr_fit *fit) {
    char *text = NULL, *again = NULL;
    kr_fit *copy = kr__calloc(1, sizeof *copy);
    if (!copy || kr__fit_record_write(fit, &text, NULL) != KR_OK) abort();
    require(kr__fit_record_read(text, copy, NULL) == KR_OK);
    if (kr__fit_record_write(copy, &again, NULL) != KR_OK) abort();
    require(strcmp(text, again) == 0);
    kr_fit_destroy(copy);
    kr_free(text);
    kr_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    char *text = kr__calloc(n_bytes + 1, 1);
    kr_forecaster *model = kr__calloc(1, sizeof *model);
    kr_fit *fit = NULL;
    kr_error err = {.text = ""};
    if (!text || !model) abort();
    if (n_bytes > 0) memcpy(text, bytes, n_bytes);
    model->fit_record = text;
    kr_status status = kr_fit_recall(model, &fit, &err);
    require_outcome(status, fit != NULL, &err);
    if (fit) {
        tell_all(fit);
        read_again(fit);
    }
    kr_fit_destroy(fit);
    kr_free(model);
    kr_free(text);
    return 0;
}
