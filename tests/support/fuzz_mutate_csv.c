/* SPDX-License-Identifier: MIT
 * fuzz_mutate_csv.c - changes of a table: rows, columns, cells, quotes, dates, separators, ends of
 * lines. What it makes is a table of some dialect more often than not. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/fuzz_mutate.h"

enum { MOST_ROWS = 96, MOST_COLUMNS = 24, CELL = 256, DATE = 64 };

typedef struct cell {
    const uint8_t *text; /* with its quotes */
    size_t n;
} cell;

typedef struct grid {
    int n_rows, n_columns[MOST_ROWS + 1];
    cell cells[MOST_ROWS + 1][MOST_COLUMNS];
    char separator;
    const char *line_end;
    bool has_mark, ends; /* a byte order mark; an end after the last line */
    uint64_t random;
    uint8_t own[MOST_ROWS + 8][CELL]; /* texts that were made */
    int n_own;
} grid;

static int pick(grid *g, int n) { return (int)fuzz_below(&g->random, (uint64_t)(n > 0 ? n : 0)); }

/* ---- reading ----------------------------------------------------------------------------- */

/* The commonest of them in the first line. */
static char find_separator(const uint8_t *data, size_t n) {
    static const char choices[] = ",;\t|";
    int counts[4] = {0}, best = 0;
    for (size_t i = 0; i < n && data[i] != '\n'; i++) {
        const char *at = data[i] ? strchr(choices, data[i]) : NULL;
        if (at) counts[at - choices]++;
    }
    for (int i = 1; i < 4; i++) {
        if (counts[i] > counts[best]) best = i;
    }
    return choices[best];
}

/* The end of the cell at `at`: the next separator or end of the line outside of quotes. */
static size_t cell_end(const grid *g, const uint8_t *data, size_t at, size_t n) {
    bool is_quoted = false;
    for (; at < n; at++) {
        if (data[at] == '"') is_quoted = !is_quoted;
        if (!is_quoted && (data[at] == (uint8_t)g->separator || data[at] == '\n')) break;
    }
    return at;
}

/* False: too large for the grid. */
static bool read_grid(grid *g, const uint8_t *data, size_t n) {
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    size_t at = n >= 3 && memcmp(data, mark, 3) == 0 ? 3 : 0;
    const uint8_t *newline = n > 0 ? memchr(data, '\n', n) : NULL;
    g->has_mark = at > 0;
    g->separator = find_separator(data, n);
    g->line_end = newline && newline > data && newline[-1] == '\r' ? "\r\n" : "\n";
    while (at < n) {
        size_t end = cell_end(g, data, at, n);
        if (g->n_rows == MOST_ROWS || g->n_columns[g->n_rows] == MOST_COLUMNS) return false;
        cell *c = &g->cells[g->n_rows][g->n_columns[g->n_rows]++];
        *c = (cell){data + at, end - at};
        bool ends_line = end == n || data[end] == '\n';
        if (ends_line && c->n > 0 && c->text[c->n - 1] == '\r') c->n--;
        g->n_rows += ends_line;
        at = end + 1;
    }
    g->ends = n > 0 && data[n - 1] == '\n';
    return g->n_rows > 0;
}

/* ---- rows and columns: a change each, at a cell -----------------------------------------------
 */

static int other_row(grid *g) { return pick(g, g->n_rows); }
static int other_column(grid *g, int row) { return pick(g, g->n_columns[row]); }

static void copy_row(grid *g, int from, int to) {
    g->n_columns[to] = g->n_columns[from];
    memcpy(g->cells[to], g->cells[from], sizeof g->cells[to]);
}

/* The last row of the grid is room for this. */
static void exchange_rows(grid *g, int a, int b) {
    copy_row(g, a, MOST_ROWS);
    copy_row(g, b, a);
    copy_row(g, MOST_ROWS, b);
}

static void swap_rows(grid *g, int row, int column) {
    (void)column;
    exchange_rows(g, row, other_row(g));
}

/* A copy of another row. */
static void insert_row(grid *g, int row, int column) {
    (void)column;
    if (g->n_rows == MOST_ROWS) return;
    copy_row(g, other_row(g), g->n_rows);
    for (int i = g->n_rows++; i > row; i--) exchange_rows(g, i, i - 1);
}

static void remove_row(grid *g, int row, int column) {
    (void)column;
    if (g->n_rows < 2) return;
    for (int i = row; i + 1 < g->n_rows; i++) copy_row(g, i + 1, i);
    g->n_rows--;
}

/* Newest first. */
static void turn_rows(grid *g, int row, int column) {
    (void)row, (void)column;
    for (int i = 1, k = g->n_rows - 1; i < k; i++, k--) exchange_rows(g, i, k);
}

static void cut_row(grid *g, int row, int column) { g->n_columns[row] = column + 1; }

/* A copy of another column. */
static void insert_column(grid *g, int row, int column) {
    int of = other_column(g, row);
    for (int i = 0; i < g->n_rows; i++) {
        int n = g->n_columns[i];
        if (n == MOST_COLUMNS || column > n || of >= n) continue;
        cell copy = g->cells[i][of];
        memmove(&g->cells[i][column + 1], &g->cells[i][column], (size_t)(n - column) * sizeof copy);
        g->cells[i][column] = copy;
        g->n_columns[i]++;
    }
}

static void remove_column(grid *g, int row, int column) {
    (void)row;
    for (int i = 0; i < g->n_rows; i++) {
        int n = g->n_columns[i];
        cell *at = &g->cells[i][column];
        if (column >= n || n < 2) continue;
        memmove(at, at + 1, (size_t)(n - column - 1) * sizeof *at);
        g->n_columns[i]--;
    }
}

static void swap_columns(grid *g, int row, int column) {
    int other = other_column(g, row);
    for (int i = 0; i < g->n_rows; i++) {
        if (column >= g->n_columns[i] || other >= g->n_columns[i]) continue;
        cell spare = g->cells[i][column];
        g->cells[i][column] = g->cells[i][other];
        g->cells[i][other] = spare;
    }
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* Room for a text that the grid keeps; NULL: there is none left. */
static uint8_t *make_own(grid *g) { return g->n_own < MOST_ROWS + 8 ? g->own[g->n_own++] : NULL; }

static const char *const words[] = {"",
                                    " ",
                                    "NA",
                                    "NaN",
                                    "null",
                                    "inf",
                                    "-inf",
                                    "1e400",
                                    "1e-400",
                                    "0x1A",
                                    "1,234.5",
                                    "1.234,5",
                                    "$12.50",
                                    "12.5 %",
                                    "true",
                                    "no",
                                    "Total",
                                    "id",
                                    "date",
                                    "v",
                                    "v.1",
                                    "'=1+1",
                                    "''-x",
                                    "=1+1",
                                    "-",
                                    "+5",
                                    "1 000",
                                    "1e9",
                                    "-0",
                                    "1d5",
                                    "2020-01-01",
                                    "1/2/2020",
                                    "31.12.2019",
                                    "20200101",
                                    "2020-02-30",
                                    "1e308",
                                    "unique_id",
                                    "9999-12-31",
                                    "0001-01-01",
                                    "2020-01-01T00:00:00.5Z",
                                    "2020-10-25 02:30:00+02:00",
                                    "\xC3\xA4",
                                    "\xE4",
                                    "\x1b[31m",
                                    "\"",
                                    "\"\"",
                                    "\"a,\nb\""};
enum { N_WORDS = sizeof words / sizeof words[0] };

static void set_word(grid *g, int row, int column) {
    const char *word = words[pick(g, N_WORDS)];
    g->cells[row][column] = (cell){(const uint8_t *)word, strlen(word)};
}

static void repeat_cell(grid *g, int row, int column) {
    int other = other_row(g);
    g->cells[row][column] = g->cells[other][other_column(g, other)];
}

static void mutate_cell(grid *g, int row, int column) {
    cell *c = &g->cells[row][column];
    uint8_t *own = c->n < CELL ? make_own(g) : NULL;
    if (!own) return;
    memcpy(own, c->text, c->n);
    *c = (cell){own, LLVMFuzzerMutate(own, c->n, CELL)};
}

/* Put it into quotes, or take it out of them. */
static void quote_cell(grid *g, int row, int column) {
    cell *c = &g->cells[row][column];
    bool is_quoted = c->n >= 2 && c->text[0] == '"' && c->text[c->n - 1] == '"';
    fuzz_text to = {.bytes = make_own(g), .room = CELL};
    if (!to.bytes) return;
    if (!is_quoted) fuzz_add(&to, "\"", 1);
    for (size_t i = is_quoted; i + is_quoted < c->n; i++) {
        if (!is_quoted && c->text[i] == '"') fuzz_add(&to, "\"", 1);
        fuzz_add(&to, c->text + i, 1);
    }
    if (!is_quoted) fuzz_add(&to, "\"", 1);
    *c = (cell){to.bytes, to.n};
}

/* ---- whole columns -------------------------------------------------------------------------- */

static const char *const date_formats[] = {"%Y-%m-%d %H:%M:%S",
                                           "%Y-%m-%d",
                                           "%d.%m.%Y",
                                           "%m/%d/%Y",
                                           "%d/%m/%y %H:%M",
                                           "%Y%m%d",
                                           "%Y%m",
                                           "%Y",
                                           "%b %d, %Y",
                                           "%d-%b-%Y",
                                           "%I:%M %p %m/%d/%Y",
                                           "%s",
                                           "%s000",
                                           "%Y-%m-%dT%H:%M:%SZ",
                                           "%Y-%m-%dT%H:%M:%S.250",
                                           "%Y-%m-%d %H:%M:%S+02:00"};
enum { N_FORMATS = sizeof date_formats / sizeof date_formats[0] };
static const long steps[] = {1, 60, 900, 3600, 86400, 604800, 2678400, 31536000, 0, -3600, 2, 5400};
enum { N_STEPS = sizeof steps / sizeof steps[0] };

/* Regular dates down a column. */
static void set_dates(grid *g, int row, int column) {
    (void)row;
    const char *format = date_formats[pick(g, N_FORMATS)];
    long step = steps[pick(g, N_STEPS)];
    time_t at = (time_t)1577836800 + (time_t)pick(g, 1000) * 86400;
    for (int i = 1; i < g->n_rows; i++, at += step) {
        struct tm parts;
        uint8_t *own = column < g->n_columns[i] ? make_own(g) : NULL;
        if (!own || !gmtime_r(&at, &parts)) continue;
        g->cells[i][column] = (cell){own, strftime((char *)own, DATE, format, &parts)};
    }
}

/* Numbers of one dialect down a column. */
static void set_numbers(grid *g, int row, int column) {
    (void)row;
    static const char *const formats[] = {"%.3f",  "%.0f", "%.17g",  "%.2e",       "%.1f %%",
                                          "$%.2f", "%a",   "(%.1f)", "1.%03.0f,5", "%.1f-"};
    static const double scales[] = {1, 1e9, 1e-299, 1e300, 1e-3, 0};
    const char *format = formats[pick(g, 10)];
    double scale = scales[pick(g, 6)];
    for (int i = 1; i < g->n_rows; i++) {
        uint8_t *own = column < g->n_columns[i] ? make_own(g) : NULL;
        if (!own) continue;
        int n = snprintf((char *)own, CELL, format, scale * (pick(g, 2000) - 1000) / 7);
        g->cells[i][column] = (cell){own, (size_t)(n < CELL ? n : CELL - 1)};
    }
}

/* ---- the whole text --------------------------------------------------------------------- */

static void set_separator(grid *g, int row, int column) {
    (void)row, (void)column;
    g->separator = ",;\t|"[pick(g, 4)];
}

static void set_line_end(grid *g, int row, int column) {
    static const char *const ends[] = {"\n", "\r\n", "\r", "\n\n"};
    (void)row, (void)column;
    g->line_end = ends[pick(g, 4)];
}

static void set_frame(grid *g, int row, int column) {
    (void)row, (void)column;
    g->has_mark = pick(g, 2);
    g->ends = pick(g, 2);
}

/* ---- one change, and out ---------------------------------------------------------------- */

typedef void change_fn(grid *g, int row, int column);
static change_fn *const changes[] = {
    insert_row,   remove_row,  swap_rows, turn_rows,   cut_row,       insert_column, remove_column,
    swap_columns, repeat_cell, set_word,  set_word,    set_word,      mutate_cell,   mutate_cell,
    quote_cell,   set_dates,   set_dates, set_numbers, set_separator, set_line_end,  set_frame};
enum { N_CHANGES = sizeof changes / sizeof changes[0] };

static void change(grid *g) {
    int row = other_row(g);
    changes[pick(g, N_CHANGES)](g, row, other_column(g, row));
}

static size_t write_grid(const grid *g, uint8_t *data, size_t max_size) {
    fuzz_text to = {.bytes = malloc(max_size + 1), .room = max_size};
    if (!to.bytes) return 0;
    if (g->has_mark) fuzz_add(&to, "\xEF\xBB\xBF", 3);
    for (int i = 0; i < g->n_rows; i++) {
        for (int c = 0; c < g->n_columns[i]; c++) {
            if (c > 0) fuzz_add(&to, &g->separator, 1);
            fuzz_add(&to, g->cells[i][c].text, g->cells[i][c].n);
        }
        if (i + 1 < g->n_rows || g->ends) fuzz_add(&to, g->line_end, strlen(g->line_end));
    }
    memcpy(data, to.bytes, to.n);
    free(to.bytes);
    return to.n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    static grid g; /* too large for a stack */
    uint64_t random = seed;
    bool wants_bytes = fuzz_below(&random, 5) == 0;
    memset(&g, 0, offsetof(grid, own));
    g.n_own = 0;
    g.random = random;
    if (wants_bytes || !read_grid(&g, data, size)) return LLVMFuzzerMutate(data, size, max_size);
    for (int n = 1 + pick(&g, 4); n > 0; n--) change(&g);
    size_t n = write_grid(&g, data, max_size);
    return n > 0 ? n : LLVMFuzzerMutate(data, size, max_size);
}
