/* SPDX-License-Identifier: MIT
 * fuzz_pickle.c - any bytes as the pickle of a .pth file, whose zip file is good: checksums would
 * keep a fuzzer from the pickle. */
#include "support/fuzz_pth_file.h"
#include "support/pickle_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static const float elements[64] = {1, 2, 3};
    const made_member members[] = {{"x/data.pkl", bytes, n_bytes},
                                   {"x/data/0", elements, sizeof elements},
                                   {"x/data/1", elements, sizeof elements / 4}};
    size_t n_file = 0;
    uint8_t *file = made_zip(members, 3, &n_file);
    require_pth(file, n_file);
    kr_free(file);
    return 0;
}
