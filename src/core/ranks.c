/* SPDX-License-Identifier: MIT
 * ranks.c - shares, agreement and votes of processes that train together. */
#include "core/rank_sharing.h"

#include <string.h>

#include <zlib.h>

#include "core/cpu.h"
#include "core/team_ranks.h"

int kr__rank(const kr_team *team) {
    const kr_ranks *ranks = kr_team_ranks(team);
    return ranks ? ranks->rank : 0;
}

int kr__rank_count(const kr_team *team) {
    const kr_ranks *ranks = kr_team_ranks(team);
    return ranks ? ranks->count : 1;
}

/* ---- parts ---------------------------------------------------------------------------------- */

int64_t kr__share_start(int64_t n, int64_t count, int64_t part) {
    int64_t more = n % count;
    return n / count * part + (part < more ? part : more);
}

void kr__rank_gather(const kr_team *team, void *values, int64_t n, size_t n_bytes) {
    const kr_ranks *ranks = kr_team_ranks(team);
    size_t parts[KR_MAX_RANKS];
    if (!ranks) return;
    for (int r = 0; r < ranks->count; r++) {
        int64_t first = kr__share_start(n, ranks->count, r);
        parts[r] = (size_t)(kr__share_start(n, ranks->count, r + 1) - first) * n_bytes;
    }
    ranks->gather(ranks->arg, values, parts);
}

void kr__rank_broadcast(const kr_team *team, double *values, int n) {
    const kr_ranks *ranks = kr_team_ranks(team);
    size_t parts[KR_MAX_RANKS] = {(size_t)n * sizeof *values};
    if (ranks) ranks->gather(ranks->arg, values, parts);
}

kr_status kr__rank_agree(const kr_team *team, const char *what, const void *data, size_t n_bytes,
                         kr_error *err) {
    const kr_ranks *ranks = kr_team_ranks(team);
    uint64_t marks[KR_MAX_RANKS];
    if (!ranks) return KR_OK;
    marks[ranks->rank] = (uint64_t)crc32_z(0, data, n_bytes) ^ (uint64_t)adler32_z(1, data, n_bytes)
                                                                   << 32;
    kr__rank_gather(team, marks, ranks->count, sizeof *marks);
    for (int r = 1; r < ranks->count; r++) {
        if (marks[r] == marks[0]) continue;
        return kr_fail(err, KR_USAGE, "rank %d has another %s than rank 0", r, what);
    }
    return KR_OK;
}

/* ---- votes -------------------------------------------------------------------------------- */

void kr__rank_vote(kr_team *team, kr__vote vote, bool is_wanted) {
    kr__joined *joined = team ? kr__team_joined(team) : NULL;
    if (!joined) return;
    joined->wanted = is_wanted ? joined->wanted | (int)vote : joined->wanted & ~(int)vote;
}

void kr__rank_count_votes(kr_team *team) {
    const kr_ranks *ranks = kr_team_ranks(team);
    int votes[KR_MAX_RANKS];
    if (!ranks) return;
    kr__joined *joined = kr__team_joined(team);
    int own = ranks->rank == 0 ? joined->wanted : joined->wanted & ~(int)KR__VOTE_LATE;
    if (kr__team_was_asked_to_stop(team)) own |= KR__VOTE_STOP;
    votes[ranks->rank] = own;
    kr__rank_gather(team, votes, ranks->count, sizeof *votes);
    joined->voted &= KR__VOTE_STOP; /* until kr_team_go_on() */
    for (int r = 0; r < ranks->count; r++) joined->voted |= votes[r];
}

bool kr__rank_is_voted(const kr_team *team, kr__vote vote) {
    return team && kr__team_joined(team)->voted & (int)vote;
}

/* ---- joining ------------------------------------------------------------------------------ */

static kr_status check_ranks(const kr_team *team, const kr_ranks *ranks, kr_error *err) {
    if (!team) return kr_fail(err, KR_USAGE, "without a team (NULL) there is nothing to share out");
    if (ranks->size < sizeof *ranks) {
        return kr_fail(err, KR_USAGE, "kr_ranks: size is not sizeof(kr_ranks)");
    }
    bool is_right = ranks->count >= 1 && ranks->count <= KR_MAX_RANKS && ranks->rank >= 0 &&
                    ranks->rank < ranks->count;
    if (is_right) return KR_OK;
    return kr_fail(err, KR_USAGE, "rank %d of %d: there can be 1 to %d ranks", ranks->rank,
                   ranks->count, KR_MAX_RANKS);
}

/* Kernels of the lowest level round otherwise than those of the two above it. */
static kr_status compare(kr_team *team, kr_error *err) {
    kr_cpu_level level;
    KR_TRY(kr__cpu_level_get(&level, err));
    int has_fma = level > KR_CPU_V2;
    KR_TRY(kr__rank_agree(team, "version of krait", kr_version(), strlen(kr_version()), err));
    return kr__rank_agree(team, "level of CPU code (KR_CPU)", &has_fma, sizeof has_fma, err);
}

kr_status kr_team_join(kr_team *team, const kr_ranks *ranks, kr_error *err) {
    if (ranks) KR_TRY(check_ranks(team, ranks, err));
    if (!team) return KR_OK;
    kr__joined *joined = kr__team_joined(team);
    *joined = (kr__joined){NULL, 0, 0};
    if (!ranks || ranks->count == 1) return KR_OK;
    joined->ranks = ranks;
    kr_status status = compare(team, err);
    if (status != KR_OK) joined->ranks = NULL;
    return status;
}

const kr_ranks *kr_team_ranks(const kr_team *team) {
    return team ? kr__team_joined(team)->ranks : NULL;
}
