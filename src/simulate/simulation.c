/* SPDX-License-Identifier: MIT
 * simulation.c - scratch of a series. */
#include "simulate/simulation.h"

#include <assert.h>

double *kr__room(kr__simulation *s, int64_t n) {
    double *room = s->room + s->room_used;
    s->room_used += n;
    assert(s->room_used <= s->room_size);
    return room;
}
