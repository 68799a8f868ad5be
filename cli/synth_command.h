/* SPDX-License-Identifier: MIT
 * synth_command.h - what the parts of `krait synth` share. */
#ifndef KRAIT_SYNTH_COMMAND_H
#define KRAIT_SYNTH_COMMAND_H

#include <stdio.h>

#include <kr/synth.h>

/* The summary: circles, entry angles, transitions. synth_tables.c */
void synth_print_tables(const kr_synth *synth, FILE *out);

#endif
