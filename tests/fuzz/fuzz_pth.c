/* SPDX-License-Identifier: MIT
 * fuzz_pth.c - any bytes as a .pth file. */

#include "files/pth.h"
#include "support/fuzz_pth_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    require_pth(bytes, n_bytes);
    return 0;
}
