/* SPDX-License-Identifier: MIT
 * modifiers.h - what happens to a series after a family has drawn it. */
#ifndef KR_MODIFIERS_H
#define KR_MODIFIERS_H

#include "simulate/simulation.h"

/* Each happens or not, with its own chance times `often`. s->n values. */
void kr__modify(kr__simulation *s, double *y, double often);
/* Takes values away: at random, in blocks, or whole seasons' places; never all. */
void kr__leave_gaps(kr__simulation *s, double *y);

#endif
