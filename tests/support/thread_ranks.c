/* SPDX-License-Identifier: MIT
 * thread_ranks.c - messages are copied from one thread's memory to another's. */
#define _GNU_SOURCE
#include "support/thread_ranks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32 };

typedef struct meeting {
    pthread_barrier_t barrier;
    struct member {
        kr_ranks ranks;
        struct meeting *meeting;
        pthread_t thread;
        const kr_message *sent;
        int n_sent;
        void *data;
    } members[MOST];
    void (*fn)(const kr_ranks *ranks, void *arg);
    void *arg;
} meeting;
typedef struct member member;

/* Message number k of one rank for another; a size that does not fit is a fault. */
static void take(const member *from, int to, int k, const kr_message *into) {
    for (int i = 0; i < from->n_sent; i++) {
        const kr_message *m = &from->sent[i];
        if (m->rank != to || k-- > 0) continue;
        if (m->n_bytes != into->n_bytes) abort();
        memcpy(into->data, m->data, m->n_bytes);
        return;
    }
    abort();
}

static void exchange(void *arg, const kr_message *sent, int n_sent, const kr_message *received,
                     int n_received) {
    member *m = arg;
    int n_of[MOST] = {0}, n_for_me = 0;
    m->sent = sent;
    m->n_sent = n_sent;
    pthread_barrier_wait(&m->meeting->barrier);
    for (int i = 0; i < n_received; i++) {
        int from = received[i].rank;
        take(&m->meeting->members[from], m->ranks.rank, n_of[from]++, &received[i]);
    }
    for (int r = 0; r < m->ranks.count; r++) {
        const member *other = &m->meeting->members[r];
        for (int i = 0; i < other->n_sent; i++) n_for_me += other->sent[i].rank == m->ranks.rank;
    }
    if (n_for_me != n_received) abort();
    pthread_barrier_wait(&m->meeting->barrier);
}

static void gather(void *arg, void *data, const size_t *n_bytes) {
    member *m = arg;
    size_t at = 0;
    m->data = data;
    pthread_barrier_wait(&m->meeting->barrier);
    for (int r = 0; r < m->ranks.count; r++) {
        const char *of = m->meeting->members[r].data;
        if (r != m->ranks.rank && n_bytes[r] > 0) memcpy((char *)data + at, of + at, n_bytes[r]);
        at += n_bytes[r];
    }
    pthread_barrier_wait(&m->meeting->barrier);
}

static void *live(void *arg) {
    member *m = arg;
    m->meeting->fn(&m->ranks, m->meeting->arg);
    return NULL;
}

void test_ranks(int count, void (*fn)(const kr_ranks *ranks, void *arg), void *arg) {
    meeting *all = calloc(1, sizeof *all);
    if (!all || count > MOST || pthread_barrier_init(&all->barrier, NULL, (unsigned)count)) abort();
    all->fn = fn;
    all->arg = arg;
    for (int r = 0; r < count; r++) {
        member *m = &all->members[r];
        m->meeting = all;
        m->ranks = (kr_ranks){.size = sizeof m->ranks,
                              .rank = r,
                              .count = count,
                              .arg = m,
                              .exchange = exchange,
                              .gather = gather};
        if (pthread_create(&m->thread, NULL, live, m) != 0) abort();
    }
    for (int r = 0; r < count; r++) pthread_join(all->members[r].thread, NULL);
    pthread_barrier_destroy(&all->barrier);
    free(all);
}
