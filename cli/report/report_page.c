/* SPDX-License-Identifier: MIT
 * report_page.c - a report as one page of HTML that needs nothing else.
 *
 * Its policy (CSP) forbids everything from elsewhere, and every script but report.js, which is
 * known by its digest. Whatever comes from files passes through write_escaped or is JSON without
 * "<". */
#include <string.h>

#include "core/platform.h"
#include "core/text.h"
#include "framework/say.h"
#include "report/report.h"

static const struct {
    const char *id, *title;
} sections[] = {
#define REPORT_SECTION_ROW(name, id, title) {id, title},
    REPORT_SECTION_MAP(REPORT_SECTION_ROW)
#undef REPORT_SECTION_ROW
};

/* ---- texts ------------------------------------------------------------------------------ */

/* Characters that cannot be seen are shown (say.h), others stand for themselves. */
static void write_escaped(FILE *stream, const char *text) {
    char shown[PRINTABLE_MOST + 1];
    for (size_t n_read; printable_next(text, shown, &n_read) > 0; text += n_read) {
        switch (*text) {
            case '&':
                fputs("&amp;", stream);
                break;
            case '<':
                fputs("&lt;", stream);
                break;
            case '>':
                fputs("&gt;", stream);
                break;
            case '"':
                fputs("&quot;", stream);
                break;
            case '\'':
                fputs("&#39;", stream);
                break;
            default:
                fputs(shown, stream);
        }
    }
}

/* before, the text made harmless, after. */
static void write_between(FILE *stream, const char *before, const char *text, const char *after) {
    fputs(before, stream);
    write_escaped(stream, text);
    fputs(after, stream);
}

/* ---- pictures --------------------------------------------------------------------------- */

static void write_base64(FILE *stream, const uint8_t *bytes, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < n) three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < n) three |= bytes[i + 2];
        fputc(digits[three >> 18], stream);
        fputc(digits[three >> 12 & 63], stream);
        fputc(i + 1 < n ? digits[three >> 6 & 63] : '=', stream);
        fputc(i + 2 < n ? digits[three & 63] : '=', stream);
    }
}

static kr_status write_picture(FILE *stream, const report_picture *picture, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr__file_read(picture->path, REPORT_PICTURE_BYTES, &bytes, &n_bytes, err));
    fprintf(stream,
            "<figure class=\"picture\"><button type=\"button\"><img width=\"%lld\" height=\"%lld\"",
            (long long)picture->width, (long long)picture->height);
    write_between(stream, " alt=\"", picture->name, "\"");
    fprintf(stream, " src=\"data:%s;base64,", picture->type);
    write_base64(stream, bytes, n_bytes);
    fputs("\"></button>", stream);
    write_between(stream, "<figcaption>", picture->name, "</figcaption></figure>\n");
    kr_free(bytes);
    return KR_OK;
}

/* ---- tables ----------------------------------------------------------------------------- */

static bool is_number(const char *text) {
    double value;
    return strcmp(text, "-") == 0 || kr__text_real(text, &value);
}

static void write_pairs(FILE *stream, const report_table *table) {
    fputs("<dl class=\"pairs\">\n", stream);
    for (int64_t i = 0; i < table->n_rows; i++) {
        bool is_strong = table->is_strong && table->is_strong[i];
        fputs(is_strong ? "<div class=\"strong\">" : "<div>", stream);
        write_between(stream, "<dt>", table->cells[2 * i], "</dt>");
        write_between(stream, "<dd>", table->cells[2 * i + 1], "</dd></div>\n");
    }
    fputs("</dl>\n", stream);
}

static void write_rows(FILE *stream, const report_table *table) {
    fputs("<div class=\"scroll\"><table>\n<thead><tr>", stream);
    for (int64_t c = 0; c < table->n_columns; c++) {
        bool is_text = table->n_rows > 0 && !is_number(table->cells[c]);
        write_between(stream, is_text ? "<th scope=\"col\" class=\"text\">" : "<th scope=\"col\">",
                      table->head[c], "</th>");
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
    for (int64_t i = 0; i < table->n_rows; i++) {
        bool is_strong = table->is_strong && table->is_strong[i];
        fputs(is_strong ? "<tr class=\"strong\">" : "<tr>", stream);
        for (int64_t c = 0; c < table->n_columns; c++) {
            const char *cell = table->cells[i * table->n_columns + c];
            write_between(stream, is_number(cell) ? "<td class=\"number\">" : "<td>", cell,
                          "</td>");
        }
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table></div>\n", stream);
}

static void write_table(FILE *stream, const report_table *table) {
    const char *title = table->title ? table->title : "";
    if (table->is_folded) {
        write_between(stream, "<details><summary>", title, "</summary>\n");
    } else if (*title) {
        write_between(stream, "<h3>", title, "</h3>\n");
    }
    if (table->is_pairs) {
        write_pairs(stream, table);
    } else {
        write_rows(stream, table);
    }
    if (table->is_folded) fputs("</details>\n", stream);
}

/* ---- charts ----------------------------------------------------------------------------- */

static kr_status write_chart(FILE *stream, const report_chart *chart, int64_t number,
                             kr_error *err) {
    char prefix[32], *svg = NULL;
    snprintf(prefix, sizeof prefix, "chart%lld-", (long long)number);
    KR_TRY(report_chart_svg(chart, prefix, &svg, err));
    write_between(stream, "<figure class=\"chart\"><figcaption>", chart->title, "</figcaption>\n");
    fputs("<div class=\"still\">", stream);
    fputs(svg ? svg : "<p>Drawn by the script of this page.</p>\n", stream);
    fputs("</div>\n<script type=\"application/json\">", stream);
    report_chart_json(chart, stream);
    fputs("</script>\n", stream);
    if (chart->note) write_between(stream, "<p class=\"note\">", chart->note, "</p>\n");
    fputs("</figure>\n", stream);
    kr_free(svg);
    return KR_OK;
}

/* ---- the page --------------------------------------------------------------------------- */

static void write_head(const report *r, FILE *stream) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", stream);
    fprintf(stream,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'; script-src 'sha256-%s'; img-src data:; base-uri 'none'; "
            "form-action 'none'\">\n",
            report_js_digest);
    fputs(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"generator\" content=\"krait " KR_VERSION_STRING
        "\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n",
        stream);
    write_between(stream, "<title>", r->title, "</title>\n");
    fprintf(stream, "<style>\n%s</style>\n</head>\n<body>\n", report_css);
}

static void write_key_figures(const report *r, FILE *stream) {
    fputs("<dl class=\"figures\">\n", stream);
    for (const report_figure *f = r->figures; f; f = f->next) {
        write_between(stream, "<div><dt>", f->name, "</dt>");
        write_between(stream, "<dd>", f->value, "");
        if (*f->unit) write_between(stream, " <small>", f->unit, "</small>");
        fputs("</dd></div>\n", stream);
    }
    fputs("</dl>\n", stream);
}

static void write_contents(const report *r, FILE *stream) {
    fputs("<nav aria-label=\"Contents\">", stream);
    for (int i = 0; i < REPORT_SECTIONS; i++) {
        if (!r->blocks[i]) continue;
        fprintf(stream, "<a href=\"#%s\">%s</a>", sections[i].id, sections[i].title);
    }
    fputs("</nav>\n", stream);
}

static void write_warnings(const report *r, FILE *stream) {
    if (!r->warnings) return;
    fputs("<aside class=\"warnings\" role=\"note\"><h2>What could not be used</h2>\n<ul>\n",
          stream);
    for (const report_line *line = r->warnings; line; line = line->next) {
        write_between(stream, "<li>", line->text, "</li>\n");
    }
    fputs("</ul></aside>\n", stream);
}

static void write_top(const report *r, FILE *stream) {
    fputs("<header>\n", stream);
    write_between(stream, "<h1>", r->title, "</h1>\n");
    if (r->subtitle) write_between(stream, "<p class=\"setting\">", r->subtitle, "</p>\n");
    if (r->figures) write_key_figures(r, stream);
    write_contents(r, stream);
    fputs("</header>\n<main>\n", stream);
    write_warnings(r, stream);
}

static void write_bottom(const report *r, FILE *stream) {
    fputs("</main>\n<footer>", stream);
    if (r->command && *r->command) {
        write_between(stream, "<p>Made by</p><pre>", r->command, "</pre>\n");
    }
    fputs("<p>krait " KR_VERSION_STRING ", from", stream);
    for (const report_line *line = r->files; line; line = line->next) {
        write_between(stream, line == r->files ? " " : ", ", line->text, "");
    }
    fprintf(stream, "</p></footer>\n<script>%s</script>\n</body>\n</html>\n", report_js);
}

kr_status report_write_page(const report *r, FILE *stream, kr_error *err) {
    int64_t n_charts = 0;
    write_head(r, stream);
    write_top(r, stream);
    for (int i = 0; i < REPORT_SECTIONS; i++) {
        if (!r->blocks[i]) continue;
        fprintf(stream, "<section id=\"%s\"><h2>%s</h2>\n", sections[i].id, sections[i].title);
        for (const report_block *b = r->blocks[i]; b; b = b->next) {
            if (b->text) write_between(stream, "<p class=\"say\">", b->text, "</p>\n");
            if (b->table) write_table(stream, b->table);
            if (b->chart) KR_TRY(write_chart(stream, b->chart, ++n_charts, err));
            if (b->picture) KR_TRY(write_picture(stream, b->picture, err));
        }
        fputs("</section>\n", stream);
    }
    write_bottom(r, stream);
    return KR_OK;
}
