/* SPDX-License-Identifier: MIT
 * progress.c - one line on a terminal that shows how far a job is. */
#include "framework/progress.h"
#include "core/platform.h"

#include <math.h>
#include <string.h>

#include "framework/say.h"
#include "framework/terminal.h"

enum { LEAST_BAR = 8, MOST_BAR = 40, LINE_SIZE = 512 };

/* ---- the line --------------------------------------------------------------------------- */

const char *duration_text(double seconds, char *text, size_t size) {
    const double day = 86400;
    if (!(seconds >= 0) || seconds > 1000 * day) {
        snprintf(text, size, "?");
    } else if (seconds >= 2 * day) {
        snprintf(text, size, "%.0f days", seconds / day);
    } else {
        int64_t rounded = (int64_t)(seconds + 0.5);
        int hours = (int)(rounded / 3600), minutes = (int)(rounded / 60 % 60),
            rest = (int)(rounded % 60);
        if (hours > 0) {
            snprintf(text, size, "%d:%02d:%02d", hours, minutes, rest);
        } else {
            snprintf(text, size, "%d:%02d", minutes, rest);
        }
    }
    return text;
}

/* " 412/2131  loss 0.38712  29.1/s  0:59 left" */
static int format_numbers(int64_t done, int64_t total, double per_second, const char *note,
                          char *text, size_t size) {
    char all[24], left[32];
    int n_digits = snprintf(all, sizeof all, "%jd", (intmax_t)total);
    int n = snprintf(text, size, "%*jd/%s", n_digits, (intmax_t)done, all);
    if (note && *note) {
        char shown[121];
        n += snprintf(text + n, size - (size_t)n, "  %s", printable(note, shown, sizeof shown));
    }
    if (per_second > 0) {
        int decimals = per_second < 0.995 ? 3 : per_second < 99.95 ? 1 : 0;
        duration_text((double)(total - done) / per_second, left, sizeof left);
        n += snprintf(text + n, size - (size_t)n, "  %.*f/s  %s left", decimals, per_second, left);
    }
    return n;
}

static void format_bar(double share, int n_cells, char *text) {
    int n_full = (int)(share * n_cells);
    text[0] = '[';
    for (int i = 0; i < n_cells; i++) text[1 + i] = i < n_full ? '=' : i == n_full ? '>' : ' ';
    memcpy(text + 1 + n_cells, "] ", 3);
}

const char *progress_format(const char *label, int64_t done, int64_t total, double per_second,
                            const char *note, int width, char *text, size_t size) {
    char numbers[LINE_SIZE / 2], bar[MOST_BAR + 4] = "";
    int n_numbers = format_numbers(done, total, per_second, note, numbers, sizeof numbers);
    int n_bar = width - (int)strlen(label) - 1 - 3 - n_numbers;
    double share = total > 0 ? fmin(1, (double)done / (double)total) : 0;
    if (n_bar >= LEAST_BAR) format_bar(share, n_bar < MOST_BAR ? n_bar : MOST_BAR, bar);
    snprintf(text, size, "%s %s%s", label, bar, numbers);
    if (width >= 0 && strlen(text) > (size_t)width) text[width] = '\0';
    return text;
}

/* ---- on the terminal -------------------------------------------------------------------- */

void progress_start(progress_line *progress, FILE *stream, const char *label, int64_t done,
                    int64_t total) {
    progress_clear(progress);
    double now = kr__time_now();
    *progress =
        (progress_line){.first = done, .done = done, .total = total, .started = now, .drawn = now};
    if (stream && is_terminal(stream)) progress->stream = stream;
    printable(label, progress->label, sizeof progress->label);
}

void progress_update(progress_line *progress, int64_t done, const char *note) {
    const double interval = 0.1;
    progress->done = done;
    if (!progress->stream) return;
    double now = kr__time_now();
    if (now - progress->drawn < interval) return;
    char line[LINE_SIZE];
    /* The last column stays free: some terminals wrap as soon as it is written. */
    int width = terminal_width(progress->stream) - 1;
    double per_second = (double)(done - progress->first) / (now - progress->started);
    progress_format(progress->label, done, progress->total, per_second, note,
                    width < LINE_SIZE - 1 ? width : LINE_SIZE - 1, line, sizeof line);
    fprintf(progress->stream, "\r%s\033[K", line);
    fflush(progress->stream);
    progress->drawn = now;
    progress->is_visible = true;
}

void progress_clear(progress_line *progress) {
    if (!progress->is_visible) return;
    fprintf(progress->stream, "\r\033[K");
    fflush(progress->stream);
    progress->is_visible = false;
    progress->drawn = 0;
}
