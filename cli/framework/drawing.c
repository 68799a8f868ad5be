/* SPDX-License-Identifier: MIT
 * drawing.c - figures drawn in a child process. */
#include "framework/drawing.h"

#include <stdio.h>

#include "framework/child.h"
#include "framework/program.h"
#include "framework/say.h"

static bool has_failed;

bool draw_has_failed(void) { return has_failed; }

typedef struct drawing {
    draw_fn draw;
    const void *arg;
} drawing;

/* A child ends without flushing its streams. result: a child has one; here it is of no use. */
static kr_status draw_in_child(void *arg, void *result, kr_error *err) {
    const drawing *d = arg;
    (void)result;
    kr_status status = d->draw(d->arg, err);
    fflush(stdout);
    return status;
}

kr_status draw_apart(draw_fn draw, const void *arg, kr_error *err) {
    drawing d = {draw, arg};
    char result;
    kr_error why = {.text = ""};
    kr_status status = child_run_or_here(draw_in_child, &d, &result, sizeof result, &why);
    if (status == KR_OK) return KR_OK;
    if (status != KR_MEMORY) return kr_fail(err, status, "%s", why.text);
    say(stderr, "krait %s: a figure is missing: %s\n", program_command(), why.text);
    has_failed = true;
    return KR_OK;
}
