/* SPDX-License-Identifier: MIT
 * fuzz_generate_stream.c - any bytes as the steps that `krait generate --stream` reads from
 * standard input. Whatever comes, what was printed are lines of as many finite numbers as a step
 * has. */
#include <kr/nextstep.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nextstep/generate_command.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/fuzz_models.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static int64_t require_lines(const char *text) {
    int64_t n_lines = 0;
    for (const char *at = text; *at; n_lines++) {
        for (int i = 0; i < FUZZ_FEATURES; i++) {
            char *end = NULL;
            require(isfinite(strtod(at, &end)) && end > at);
            require(*end == (i + 1 < FUZZ_FEATURES ? ',' : '\n'));
            at = end + 1;
        }
    }
    return n_lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static kr_nextstep *model;
    const generate_request request = {.is_stream = true};
    kr_error err = {0};
    size_t n_text = 0;
    if (!model) model = fuzz_nextstep();
    fuzz_catch_stdout();
    fuzz_stdin(bytes, n_bytes);
    kr_status status = generate_stream(&request, model, &err);
    require(status == KR_OK || (err.status == status && *err.text));
    char *text = fuzz_take_stdout(&n_text);
    require(require_lines(text) > 0 || status != KR_OK);
    kr_free(text);
    return 0;
}
