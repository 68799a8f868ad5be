/* SPDX-License-Identifier: MIT
 * main.c - the table of subcommands. */
#include <stdio.h>

int main(void) {
    puts("krait " KR_VERSION);
    return 0;
}
