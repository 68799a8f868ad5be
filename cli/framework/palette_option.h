/* SPDX-License-Identifier: MIT
 * palette_option.h - the flag --palette, as all commands have it. */
#ifndef KRAIT_PALETTE_OPTION_H
#define KRAIT_PALETTE_OPTION_H

#include <kr/plot.h>

#include "framework/command_flags.h"

/* A row of a command's own flags. */
#define PALETTE_OPTION                                                                             \
    {                                                                                              \
        OPTION_VALUE, 0, 0, "output", "palette", "NAME", PALETTE_DEFAULT, KR_PALETTE_NAMES,        \
            "colours of classes: petroff10 and okabe-ito, of which there are eight, keep them "    \
            "apart for colour-blind people, too"                                                   \
    }

/* As many colours as krait synth makes circles. */
#define PALETTE_DEFAULT "petroff10"

#endif
