/* SPDX-License-Identifier: MIT
 * version.c - krait --version [-v]. */
#include <cairo.h>
#include <cjson/cJSON.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <zip.h>
#include <zlib.h>

#include <kr/team.h>

#include "core/cpu.h"
#include "framework/command.h"

static void print_cpu(FILE *stream) {
    kr_cpu_level level = KR_CPU_V2;
    kr_error err;
    if (kr__cpu_level_get(&level, &err) != KR_OK) {
        fprintf(stream, "  CPU level  %s\n", err.text);
        return;
    }
    fprintf(stream, "  CPU level  %s (this CPU has %s)\n", kr__cpu_level_name(level),
            kr__cpu_level_name(kr__cpu_level_detect()));
}

void version_print(bool is_verbose, FILE *stream) {
    fprintf(stream, "krait %s\n", kr_version());
    if (!is_verbose) return;
    const dnnl_version_t *dnnl = dnnl_version();
    fprintf(stream, "  compiler   %s\n", __VERSION__);
    print_cpu(stream);
    fprintf(stream, "  threads    %d\n", kr_team_cpus());
    fprintf(stream, "  oneDNN     %d.%d.%d\n", dnnl->major, dnnl->minor, dnnl->patch);
    fprintf(stream, "  cairo      %s\n", cairo_version_string());
    fprintf(stream, "  libzip     %s\n", zip_libzip_version());
    fprintf(stream, "  zlib       %s\n", zlibVersion());
    fprintf(stream, "  cJSON      %s\n", cJSON_Version());
}
