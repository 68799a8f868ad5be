/* SPDX-License-Identifier: MIT
 * version.c - krait --version [-v]. */
#include <cairo.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <zip.h>
#include <zlib.h>

#include <kr/team.h>

#include "core/cpu.h"
#include "framework/command.h"
#include "framework/say.h"

static void print_cpu(FILE *stream) {
    kr_cpu_level level = KR_CPU_V2;
    kr_error err;
    if (kr__cpu_level_get(&level, &err) != KR_OK) {
        say(stream, "  CPU level  %s\n", err.text);
        return;
    }
    say(stream, "  CPU level  %s (this CPU has %s)\n", kr__cpu_level_name(level),
        kr__cpu_level_name(kr__cpu_level_detect()));
}

void version_print(bool is_verbose, FILE *stream) {
    say(stream, "krait %s\n", kr_version());
    if (!is_verbose) return;
    say(stream, "  compiler   %s\n", __VERSION__);
    print_cpu(stream);
    fprintf(stream, "  threads    %d\n", kr_team_cpus());
    say(stream, "  cairo      %s\n", cairo_version_string());
    say(stream, "  libzip     %s\n", zip_libzip_version());
    say(stream, "  zlib       %s\n", zlibVersion());
    say(stream, "  cJSON      %s\n", cJSON_Version());
}
