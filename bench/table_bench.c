/* SPDX-License-Identifier: MIT
 * table_bench.c - time and memory of reading a table, a JSON line.
 *
 *     table_bench --write TABLE.csv ROWS COLUMNS DIGITS
 *     table_bench TABLE.csv [REPEATS]
 *
 * The first writes a table to read: dates a minute apart and random walks, of DIGITS digits behind
 * the point. The second prints the median, the memory that its numbers and dates take, and what the
 * process took at most beyond what it had before. bench/peers/table_peer.py does the same with
 * pandas. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <kr/rows.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "core/random.h"

enum { MOST_REPEATS = 100, MOST_COLUMNS = 64 };

static double peak_mib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static kr_status write_table(char **of, kr_error *err) {
    int64_t n_rows = atoll(of[1]), n_columns = atoll(of[2]);
    int digits = atoi(of[3]);
    double walk[MOST_COLUMNS] = {0};
    char date[KR_DATETIME_TEXT];
    kr_rng rng = kr__rng_make(1, KR_STREAM_SAMPLE, 0);
    FILE *out = n_columns > 0 && n_columns <= MOST_COLUMNS ? fopen(of[0], "we") : NULL;
    if (!out) return kr_fail(err, KR_IO, "%s: cannot write %s columns", of[0], of[2]);
    fputs("date", out);
    for (int64_t c = 0; c < n_columns; c++) fprintf(out, ",c%" PRId64, c);
    for (int64_t i = 0; i < n_rows; i++) {
        fprintf(out, "\n%s", kr__datetime_text((946684800 + 60 * i) * KR__SECOND, date));
        for (int64_t c = 0; c < n_columns; c++) {
            fprintf(out, ",%.*f", digits, walk[c] += kr__rng_normal(&rng));
        }
    }
    fputc('\n', out);
    return fclose(out) == 0 ? KR_OK : kr_fail(err, KR_IO, "%s: cannot be written", of[0]);
}

static kr_status time_table(const char *path, int n, kr_error *err) {
    kr_rows_options options = {.size = sizeof options, .keeps_gaps = true};
    double seconds[MOST_REPEATS], before = peak_mib(), numbers = 0, sum = 0;
    KR_TRY(kr_team_create(0, NULL, NULL, &options.team, err));
    for (int i = 0; i < n; i++) {
        kr_rows *rows = NULL;
        double start = kr__time_now();
        KR_TRY(kr_rows_read(path, &options, &rows, err));
        seconds[i] = kr__time_now() - start;
        int64_t n_rows = kr_rows_count(rows), n_columns = kr_rows_column_count(rows);
        numbers = (double)(n_rows * (n_columns + (kr_rows_dates(rows) != NULL)) * 8) / (1 << 20);
        sum = kr_rows_values(rows)[n_rows * n_columns - 1];
        kr_rows_destroy(rows);
    }
    kr_team_destroy(options.team);
    qsort(seconds, (size_t)n, sizeof *seconds, compare);
    printf(
        "{\"seconds\": %.4f, \"quartiles\": [%.4f, %.4f], \"numbers_mib\": %.1f, "
        "\"memory_mib\": %.1f, \"last\": %.17g}\n",
        seconds[n / 2], seconds[n / 4], seconds[3 * n / 4], numbers, peak_mib() - before, sum);
    return KR_OK;
}

int main(int argc, char **argv) {
    kr_error err = {.text =
                        "usage: table_bench TABLE.csv [REPEATS], or --write TABLE.csv ROWS "
                        "COLUMNS DIGITS"};
    int n = argc == 3 ? atoi(argv[2]) : 1;
    bool is_writing = argc == 6 && strcmp(argv[1], "--write") == 0;
    kr_status status = is_writing ? write_table(argv + 2, &err)
                       : argc >= 2 && argc <= 3 && n > 0 && n <= MOST_REPEATS
                           ? time_table(argv[1], n, &err)
                           : KR_USAGE;
    if (status != KR_OK) fprintf(stderr, "table_bench: %s\n", err.text);
    return status != KR_OK;
}
