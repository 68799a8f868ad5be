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

bool kr__slots_init(const kr_team *team, int64_t n, int64_t size, kr__slots *out) {
    size_t n_values = 0, n_messages = 2 * (size_t)n * (size_t)kr__rank_count(team);
    *out = (kr__slots){.n = n, .size = size};
    if (!kr__size_mul((size_t)n, (size_t)size, &n_values)) return false;
    out->values = kr__calloc(n_values, sizeof *out->values);
    out->losses = kr__calloc((size_t)n, sizeof *out->losses);
    if (kr_team_ranks(team)) out->messages = kr__calloc(n_messages, sizeof *out->messages);
    return out->values && out->losses && (out->messages || !kr_team_ranks(team));
}

void kr__slots_deinit(kr__slots *slots) {
    kr_free(slots->values);
    kr_free(slots->losses);
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

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t start_of(const tree *t, int rank) { return kr__rank_start(t->n, t->count, rank); }

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
    const kr__slots *s = t->slots;
    int64_t start = t->begin + piece * PIECE, size = smaller(t->end - start, PIECE);
    (void)worker;
    for (int64_t apart = 1; apart < t->n; apart *= 2) {
        for (int64_t slot = 0; slot + apart < t->n; slot += 2 * apart) {
            if (!is_wanted(t, slot, apart)) continue;
            kr_real *to = s->values + slot * s->size + start;
            kr__kernels()->accumulate(size, to + apart * s->size, to);
        }
    }
}

static void add(kr_team *team, tree t) {
    kr_team_for(team, (t.end - t.begin + PIECE - 1) / PIECE, add_piece, &t);
}

/* ---- messages ------------------------------------------------------------------------------- */

static int64_t strip_start(const tree *t, int rank) {
    int64_t lines = (t->slots->size + LINE - 1) / LINE;
    return smaller(kr__rank_start(lines, t->count, rank) * LINE, t->slots->size);
}

/* Of what is left of rank `from` the strip of rank `of`, as messages of rank `other`. */
static int list_strip(const tree *t, int from, int of, int other, kr_message *out) {
    int64_t begin = strip_start(t, of), size = strip_start(t, of + 1) - begin;
    int64_t slot = start_of(t, from), end = start_of(t, from + 1);
    int count = 0;
    while (slot < end && size > 0) {
        int64_t reach = 1; /* slots whose sum lies here */
        while (slot % (2 * reach) == 0 && slot + reach < t->n && has_both(t, from, slot, reach)) {
            reach *= 2;
        }
        out[count++] = (kr_message){.rank = other,
                                    .data = t->slots->values + slot * t->slots->size + begin,
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
        parts[r] = (size_t)(strip_start(t, r + 1) - strip_start(t, r)) * sizeof(kr_real);
    }
    ranks->gather(ranks->arg, t->slots->values, parts);
}

void kr__slots_own(const kr_team *team, int64_t n, int64_t *first, int64_t *end) {
    int count = kr__rank_count(team), rank = kr__rank(team);
    *first = kr__rank_start(n, count, rank);
    *end = kr__rank_start(n, count, rank + 1);
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
    t.begin = strip_start(&t, t.rank);
    t.end = strip_start(&t, t.rank + 1);
    add(team, t);
    gather_strips(ranks, &t);
    kr__rank_gather(team, slots->losses, n, sizeof *slots->losses);
}
