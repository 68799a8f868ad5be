/* SPDX-License-Identifier: MIT
 * fuzz_json_lines.c - any bytes as rows of JSON; what was read is text that a table is read from.
 */
#include <stdlib.h>

#include "core/arena.h"
#include "support/fuzz_array.h"
#include "tables/json_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr__made_text made = {0};
    kr_error err = {0};
    kr_status status = kr__json_lines_read_bytes("fuzz.json", bytes, n_bytes, &made, &err);
    require(status == KR_OK ? made.n > 0 && !made.is_within_line : err.text[0] && !made.text);
    kr_free(made.text);
    return 0;
}
