/* SPDX-License-Identifier: MIT
 * palette_option.h - the flag --palette, as all commands have it. */
#ifndef KRAIT_PALETTE_OPTION_H
#define KRAIT_PALETTE_OPTION_H

#include <kr/plot.h>

#include "framework/command_flags.h"

/* A row of a command's own flags. */
#define PALETTE_OPTION                                                                             \
    {                                                                                              \
        OPTION_VALUE, 0, 0, "output", "palette", "NAME", "tab10", KR_PALETTE_NAMES,                \
            "colours of classes; petroff10 and okabe-ito keep them apart for colour-blind "        \
            "people, too"                                                                          \
    }

#endif
