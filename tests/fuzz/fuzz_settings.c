/* SPDX-License-Identifier: MIT
 * fuzz_settings.c - any bytes as settings in JSON, the first byte choosing which; and as
 * name=value, as a command line gives them. Settings that were read are written and read again as
 * the same. */
#include <kr/forecaster.h>
#include <kr/nextstep.h>
#include <kr/series.h>
#include <stdlib.h>
#include <string.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

typedef kr_status create_fn(kr_settings **out, kr_error *err);
static create_fn *const lists[] = {kr_forecast_settings_create, kr_nextstep_settings_create,
                                   kr_generate_settings_create, kr_evaluate_settings_create,
                                   kr_gates_settings_create,    kr_synth_settings_create};
enum { N_LISTS = sizeof lists / sizeof lists[0] };

static char *write_settings(const kr_settings *s) {
    char *text = NULL;
    if (kr_settings_to_json(s, &text, NULL) != KR_OK) abort();
    return text;
}

/* What is refused changes nothing; what is taken comes back. */
static void read_json(kr_settings *s, const char *text, size_t n) {
    kr_error err = {0};
    char *before = write_settings(s);
    kr_status status = kr_settings_from_json(s, text, n, &err);
    char *after = write_settings(s);
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    require(status == KR_OK || strcmp(before, after) == 0);
    require(kr_settings_from_json(s, after, strlen(after), NULL) == KR_OK);
    char *again = write_settings(s);
    require(strcmp(after, again) == 0);
    kr_free(before);
    kr_free(after);
    kr_free(again);
}

/* "seq_len=12" */
static void set_one(kr_settings *s, const char *text, size_t n) {
    kr_error err = {0};
    char word[512];
    if (n >= sizeof word) return;
    memcpy(word, text, n);
    word[n] = '\0';
    char *value = strchr(word, '=');
    if (!value) return;
    *value++ = '\0';
    kr_status status = kr_settings_set(s, word, value, &err);
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    char *json = write_settings(s);
    require(kr_settings_from_json(s, json, strlen(json), NULL) == KR_OK);
    kr_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_settings *s = NULL;
    if (n_bytes < 1) return 0;
    if (lists[bytes[0] % N_LISTS](&s, NULL) != KR_OK) return 0;
    read_json(s, (const char *)bytes + 1, n_bytes - 1);
    set_one(s, (const char *)bytes + 1, n_bytes - 1);
    kr_settings_destroy(s);
    return 0;
}
