/* SPDX-License-Identifier: MIT
 * slots.c - the tree of slots. */
#include "train/slots.h"

#include <string.h>

#include "core/arena.h"
#include "kernels/kernels.h"

enum {
    PIECE = 8192, /* elements in one piece of a sum */
    LINE = 16,    /* strips begin on cache lines */
};

/* ---- memory --------------------------------------------------------------------------------- */

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Where the strip of a rank begins. */
static int64_t strip_start(int64_t size, int count, int rank) {
    int64_t lines = (size + LINE - 1) / LINE;
    return smaller(kr__share_start(lines, count, rank) * LINE, size);
}

static bool make_room_for_ranks(int64_t n, int count, kr__slots *out) {
    size_t strip = (size_t)strip_start(out->size, count, 1), n_strips = 0;
    if (!kr__size_mul((size_t)n, strip, &n_strips)) return false;
    out->strips = kr__calloc(n_strips, sizeof *out->strips);
    out->messages = kr__calloc(2 * (size_t)n * (size_t)count, sizeof *out->messages);
    return out->strips && out->messages;
}

/* The first rank has the most, of slots as of strips. */
bool kr__slots_init(const kr_team *team, int64_t n, int64_t size, kr__slots *out) {
    int count = kr__rank_count(team);
    size_t n_values = 0, n_own = (size_t)kr__share_start(n, count, 1);
    *out = (kr__slots){.n = n, .size = size};
    if (!kr__size_mul(n_own, (size_t)size, &n_values)) return false;
    out->values = kr__calloc(n_values, sizeof *out->values);
    out->losses = kr__calloc((size_t)n, sizeof *out->losses);
    bool has_room = out->values && out->losses;
    return has_room && (!kr_team_ranks(team) || make_room_for_ranks(n, count, out));
}

void kr__slots_deinit(kr__slots *slots) {
    kr_free(slots->values);
    kr_free(slots->losses);
    kr_free(slots->strips);
    kr_free(slots->messages);
    *slots = (kr__slots){.n = 0};
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* The tree of n slots, of which `count` ranks have a part each. */
typedef struct tree {
    const kr__slots *slots;
    int64_t n;
    int count, rank;
    int64_t begin, end;  /* elements that are added */
    bool is_after_ranks; /* what no rank could add alone, else what this one can */
} tree;

static int64_t start_of(const tree *t, int rank) { return kr__share_start(t->n, t->count, rank); }

static bool is_own(const tree *t, int64_t slot) {
    return slot >= start_of(t, t->rank) && slot < start_of(t, t->rank + 1);
}

/* Element `at` of a slot; of others' slots this rank has its own strip. */
static kr_real *place_of(const tree *t, int64_t slot, int64_t at) {
    const kr__slots *s = t->slots;
    int64_t strip = strip_start(s->size, t->count, 1);
    if (is_own(t, slot)) return s->values + (slot - start_of(t, t->rank)) * s->size + at;
    return s->strips + slot * strip + at - strip_start(s->size, t->count, t->rank);
}

static bool has_both(const tree *t, int rank, int64_t slot, int64_t apart) {
    return slot >= start_of(t, rank) && smaller(slot + 2 * apart, t->n) <= start_of(t, rank + 1);
}

static bool is_wanted(const tree *t, int64_t slot, int64_t apart) {
    if (!t->is_after_ranks) return has_both(t, t->rank, slot, apart);
    for (int r = 0; r < t->count; r++) {
        if (has_both(t, r, slot, apart)) return false;
    }
    return true;
}

static void add_piece(void *arg, int64_t piece, int worker) {
    const tree *t = arg;
    int64_t start = t->begin + piece * PIECE, size = smaller(t->end - start, PIECE);
    (void)worker;
    for (int64_t apart = 1; apart < t->n; apart *= 2) {
        for (int64_t slot = 0; slot + apart < t->n; slot += 2 * apart) {
            if (!is_wanted(t, slot, apart)) continue;
            kr__kernels()->accumulate(size, place_of(t, slot + apart, start),
                                      place_of(t, slot, start));
        }
    }
}

static void add(kr_team *team, tree t) {
    kr_team_for(team, (t.end - t.begin + PIECE - 1) / PIECE, add_piece, &t);
}

/* ---- messages ------------------------------------------------------------------------------- */

/* Of what is left of rank `from` the strip of rank `of`, as messages of rank `other`. */
static int list_strip(const tree *t, int from, int of, int other, kr_message *out) {
    int64_t begin = strip_start(t->slots->size, t->count, of);
    int64_t size = strip_start(t->slots->size, t->count, of + 1) - begin;
    int64_t slot = start_of(t, from), end = start_of(t, from + 1);
    int count = 0;
    while (slot < end && size > 0) {
        int64_t reach = 1; /* slots whose sum lies here */
        while (slot % (2 * reach) == 0 && slot + reach < t->n && has_both(t, from, slot, reach)) {
            reach *= 2;
        }
        out[count++] = (kr_message){.rank = other,
                                    .data = place_of(t, slot, begin),
                                    .n_bytes = (size_t)size * sizeof(kr_real)};
        slot += reach;
    }
    return count;
}

static void exchange_strips(const kr_ranks *ranks, const tree *t, kr_message *messages) {
    kr_message *received = messages + t->n * t->count;
    int n_sent = 0, n_received = 0;
    for (int r = 0; r < t->count; r++) {
        if (r == t->rank) continue;
        n_sent += list_strip(t, t->rank, r, r, messages + n_sent);
        n_received += list_strip(t, r, t->rank, r, received + n_received);
    }
    ranks->exchange(ranks->arg, messages, n_sent, received, n_received);
}

static void gather_strips(const kr_ranks *ranks, const tree *t) {
    size_t parts[KR_MAX_RANKS];
    for (int r = 0; r < t->count; r++) {
        int64_t begin = strip_start(t->slots->size, t->count, r);
        int64_t end = strip_start(t->slots->size, t->count, r + 1);
        parts[r] = (size_t)(end - begin) * sizeof(kr_real);
    }
    kr_real *own = t->slots->values + t->begin; /* slot 0 may be another one's */
    if (!is_own(t, 0)) memcpy(own, place_of(t, 0, t->begin), parts[t->rank]);
    ranks->gather(ranks->arg, t->slots->values, parts);
}

void kr__slots_own(const kr_team *team, int64_t n, int64_t *first, int64_t *end) {
    int count = kr__rank_count(team), rank = kr__rank(team);
    *first = kr__share_start(n, count, rank);
    *end = kr__share_start(n, count, rank + 1);
}

void kr__slots_add(kr_team *team, kr__slots *slots, int64_t n) {
    const kr_ranks *ranks = kr_team_ranks(team);
    tree t = {.slots = slots,
              .n = n,
              .count = kr__rank_count(team),
              .rank = kr__rank(team),
              .end = slots->size};
    add(team, t);
    if (!ranks) return;
    exchange_strips(ranks, &t, slots->messages);
    t.is_after_ranks = true;
    t.begin = strip_start(slots->size, t.count, t.rank);
    t.end = strip_start(slots->size, t.count, t.rank + 1);
    add(team, t);
    gather_strips(ranks, &t);
    kr__rank_gather(team, slots->losses, n, sizeof *slots->losses);
}
