/* SPDX-License-Identifier: MIT
 * team_ranks.h - what a team keeps of the ranks that it joined, for ranks.c. */
#ifndef KR_TEAM_RANKS_H
#define KR_TEAM_RANKS_H

#include <kr/ranks.h>

typedef struct kr__joined {
    const kr_ranks *ranks; /* NULL: none */
    int wanted, voted;     /* kr__vote */
} kr__joined;

/* No part of what is const of a team. */
kr__joined *kr__team_joined(const kr_team *team);
/* Was kr_team_stop() called in this process? */
bool kr__team_was_asked_to_stop(const kr_team *team);

#endif
