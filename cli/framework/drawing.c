/* SPDX-License-Identifier: MIT
 * drawing.c - figures drawn in a child process. */
#define _GNU_SOURCE
#include "framework/drawing.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"
#include "framework/program.h"
#include "framework/say.h"

/* ---- fonts ------------------------------------------------------------------------------ */

/* fontconfig, a library of cairo's, looks for its settings when the first text is drawn, and when
 * it gets no memory for them it looks again, for ever. Asked for them by name it gives up. */
static kr_status load_fonts(kr_error *err) {
    void *(*load)(void);
    int (*use)(void *);
    void *found_load = dlsym(RTLD_DEFAULT, "FcInitLoadConfigAndFonts"),
         *found_use = dlsym(RTLD_DEFAULT, "FcConfigSetCurrent");
    if (!found_load || !found_use) return KR_OK; /* a cairo without it */
    memcpy(&load, &found_load, sizeof load);
    memcpy(&use, &found_use, sizeof use);
    void *fonts = load();
    if (fonts && use(fonts)) return KR_OK;
    return kr_fail(err, KR_MEMORY, "out of memory for the fonts");
}

/* And where it gets none in the middle of its caches, it waits for a lock that it holds itself. Who
 * loads fonts computes or reads; who does nothing of note for so many seconds never will. */
static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void see_second(int signal_number) {
    enum { MOST_IDLE = 10 };
    static double before;
    static int n_idle;
    double now = cpu_seconds();
    (void)signal_number;
    n_idle = now - before < 0.002 ? n_idle + 1 : 0;
    before = now;
    if (n_idle == MOST_IDLE) _exit(PROGRAM_NO_MEMORY);
}

/* Every second, or not any more. */
static void watch(bool is_watching) {
    const struct sigaction action = {.sa_handler = see_second, .sa_flags = SA_RESTART};
    const struct timeval second = {.tv_sec = is_watching};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){second, second}, NULL);
}

/* ---- the child -------------------------------------------------------------------------- */

/* The address sanitizer's allocator does not survive a fork while another thread uses it: a child
 * would wait for ever. */
#if defined(__SANITIZE_ADDRESS__)
enum { HAS_CHILDREN = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { HAS_CHILDREN = 0 };
#else
enum { HAS_CHILDREN = 1 };
#endif
#else
enum { HAS_CHILDREN = 1 };
#endif

typedef struct child_work {
    child_fn draw;
    void *arg;
    bool is_child;
} child_work;

/* A child ends without flushing its streams. */
static kr_status work(void *arg, void *result, kr_error *err) {
    const child_work *w = arg;
    if (w->is_child) watch(true);
    kr_status status = load_fonts(err);
    if (w->is_child) watch(false);
    KR_TRY(status);
    status = w->draw(w->arg, result, err);
    fflush(stdout);
    return status;
}

kr_status draw_in_child(child_fn draw, void *arg, void *result, size_t n_bytes, kr_error *err) {
    child_work w = {draw, arg, true};
    child_process *child = NULL;
    kr_status status = HAS_CHILDREN ? child_start(work, &w, n_bytes, &child, err) : KR_UNSUPPORTED;
    if (child) {
        child_draws(child);
        return child_finish(child, result, NULL, err);
    }
    if (status == KR_MEMORY) return status;
    memset(result, 0, n_bytes);
    w.is_child = false;
    return work(&w, result, err);
}

/* ---- figures ---------------------------------------------------------------------------- */

static bool has_failed;

bool draw_has_failed(void) { return has_failed; }

typedef struct drawing {
    draw_fn draw;
    const void *arg;
} drawing;

/* result: a child has one; here it is of no use. */
static kr_status draw_figures(void *arg, void *result, kr_error *err) {
    const drawing *d = arg;
    (void)result;
    return d->draw(d->arg, err);
}

kr_status draw_apart(draw_fn draw, const void *arg, kr_error *err) {
    drawing d = {draw, arg};
    char result;
    kr_error why = {.text = ""};
    kr_status status = draw_in_child(draw_figures, &d, &result, sizeof result, &why);
    if (status == KR_OK) return KR_OK;
    if (status != KR_MEMORY) return kr_fail(err, status, "%s", why.text);
    say(stderr, "krait %s: a figure is missing: %s\n", program_command(), why.text);
    has_failed = true;
    return KR_OK;
}

/* ---- names ------------------------------------------------------------------------------ */

kr_status draw_check_name(const char *path, kr_error *err) {
    if (kr__text_ends_in(path, ".png|.pdf|.svg")) return KR_OK;
    return kr_fail(err, KR_USAGE, "%s: a picture is written to .png, .pdf or .svg", path);
}
