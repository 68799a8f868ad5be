/* SPDX-License-Identifier: MIT
 * zeroshot_weights.c - the file zero_shot.safetensors inside the library. */
#include "zeroshot/zeroshot_internal.h"

__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".globl kr__zeroshot_weights\n"
    ".hidden kr__zeroshot_weights\n"
    "kr__zeroshot_weights:\n"
    ".incbin \"" KR_ZEROSHOT_FILE
    "\"\n"
    "1:\n"
    ".balign 8\n"
    ".globl kr__zeroshot_weights_size\n"
    ".hidden kr__zeroshot_weights_size\n"
    "kr__zeroshot_weights_size:\n"
    ".quad 1b - kr__zeroshot_weights\n"
    ".previous\n");
