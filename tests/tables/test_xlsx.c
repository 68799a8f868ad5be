/* SPDX-License-Identifier: MIT
 * test_xlsx.c - sheets of workbooks: some are made here, part by part, two by other programs
 * (openpyxl 3.1, XlsxWriter 3.3). */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "tables/xlsx_internal.h"

static char path[64];

/* ---- workbooks ---------------------------------------------------------------------------- */

#define BOOK(settings, sheets)                                                                     \
    "<workbook xmlns:r='r'>" settings "<sheets>" sheets "</sheets></workbook>"
#define SHEET(name, id) "<sheet name='" name "' sheetId='1' r:id='" id "'/>"
#define RELATION(id, target)                                                                       \
    "<Relationship Id='" id "' Type='http://x/worksheet' Target='" target "'/>"
#define ONE_BOOK BOOK("", SHEET("One", "r1"))
#define ONE_RELATION "<Relationships>" RELATION("r1", "worksheets/a.xml") "</Relationships>"

typedef struct part {
    const char *name, *text;
} part;

static void write_book(int n, const part *parts) {
    int code = 0;
    snprintf(path, sizeof path, "/tmp/krait-book-%d.xlsx", (int)getpid());
    unlink(path);
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    for (int i = 0; i < n; i++) {
        zip_source_t *s = zip_source_buffer(zip, parts[i].text, strlen(parts[i].text), 0);
        assert_true(zip_file_add(zip, parts[i].name, s, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

/* One sheet, with these rows and, if they are not NULL, texts and styles. */
static void write_sheet(const char *settings, const char *rows, const char *texts,
                        const char *styles) {
    char book[1024], sheet[8192];
    snprintf(book, sizeof book, BOOK("%s", SHEET("One", "r1")), settings);
    snprintf(sheet, sizeof sheet, "<worksheet><sheetData>%s</sheetData></worksheet>", rows);
    part parts[5] = {{"xl/workbook.xml", book},
                     {"xl/_rels/workbook.xml.rels", ONE_RELATION},
                     {"xl/worksheets/a.xml", sheet}};
    int n = 3;
    if (texts) parts[n++] = (part){"xl/sharedStrings.xml", texts};
    if (styles) parts[n++] = (part){"xl/styles.xml", styles};
    write_book(n, parts);
}

static void expect(const char *wanted_sheet, const char *text) {
    kr__made_text made = {0};
    kr_error err = {0};
    if (kr__xlsx_read(path, wanted_sheet, NULL, &made, &err) != KR_OK) fail_msg("%s", err.text);
    if (made.n != strlen(text) || memcmp(made.text, text, made.n) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)made.n, made.text, text);
    }
    kr_free(made.text);
}

static void refuse(const char *wanted_sheet, kr_status status, const char *part_of_sentence) {
    kr__made_text made = {0};
    kr_error err = {0};
    assert_int_equal(kr__xlsx_read(path, wanted_sheet, NULL, &made, &err), status);
    assert_null(made.text);
    if (!strstr(err.text, part_of_sentence)) fail_msg("%s", err.text);
}

static void expect_rows(const char *rows, const char *text) {
    write_sheet("", rows, NULL, NULL);
    expect(NULL, text);
}

static void refuse_rows(const char *rows, const char *part_of_sentence) {
    write_sheet("", rows, NULL, NULL);
    refuse(NULL, KR_FORMAT, part_of_sentence);
}

static int remove_book(void **state) {
    (void)state;
    return unlink(path);
}

/* ---- cells -------------------------------------------------------------------------------- */

#define N(at, value) "<c r='" at "'><v>" value "</v></c>"
#define S(at, number) "<c r='" at "' t='s'><v>" number "</v></c>"
#define STYLED(at, style, value) "<c r='" at "' s='" style "'><v>" value "</v></c>"

static void kinds_of_cells(void **state) {
    (void)state;
    expect_rows("<row r='1'><c r='A1' t='inlineStr'><is><t>a</t></is></c>"
                "<c r='B1' t='inlineStr'><is><r><t>x, </t></r><r><t>\"y\"</t></r></is></c></row>"
                "<row r='2'>" N("A2", "1.5") N("B2", "1E-3") "</row>"
                "<row r='3'><c r='A3' t='b'><v>1</v></c><c r='B3' t='b'><v>0</v></c></row>"
                "<row r='4'><c r='A4' t='e'><v>#N/A</v></c>"
                "<c r='B4' t='str'><f>A1&amp;B1</f><v>two\nlines</v></c></row>"
                "<row r='5'><c r='A5' t='n'><v>-7</v></c><c r='B5'><f>1+1</f><v>2</v></c></row>",
                "a,\"x, \"\"y\"\"\"\n1.5,1E-3\nTRUE,FALSE\n#N/A,two lines\n-7,2\n");
    /* A cell and a row without a place follow the one before; a prefix of names does not matter. */
    expect_rows(
        "<x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row>"
        "<row><c r='B2'><v>3</v></c></row>",
        "1,2\n,3\n");
}

static void shared_texts(void **state) {
    (void)state;
    const char *texts =
        "<sst><si><t>kW</t></si>"
        "<si><r><t>two </t></r><r><t>parts</t></r><rPh><t>spoken</t></rPh></si>"
        "<si><t/></si><si><t>M&#252;nchen &amp; Ulm</t></si></sst>";
    write_sheet("",
                "<row r='1'>" S("A1", "0") S("B1", "1")
                    S("C1", "3") "</row><row r='2'>" S("A2", "2") N("B2", "1") "</row>",
                texts, NULL);
    expect(NULL, "kW,two parts,M\xc3\xbcnchen & Ulm\n,1,\n");
    write_sheet("", "<row r='1'>" S("A1", "4") "</row>", texts, NULL);
    refuse(NULL, KR_FORMAT, "row 1: a cell refers to text 4, and there are 4");
    write_sheet("", "<row r='1'>" S("A1", "-1") "</row>", texts, NULL);
    refuse(NULL, KR_FORMAT, "refers to text -1");
    write_sheet("", "<row r='1'>" S("A1", "0") "</row>", NULL, NULL);
    refuse(NULL, KR_FORMAT, "there are 0");
}

/* Column A and row 1 are empty, row 4 is not there, row 5 holds an empty cell. */
static void edges_and_holes(void **state) {
    (void)state;
    expect_rows(
        "<row r='1'><c r='A1'/></row><row r='2'>" N("B2", "1") N("D2", "2") "</row><row r='3'>" N(
            "C3", "3") "</row><row r='5'><c r='B5' s='1'/></row><row r='6'>" N("D6", "4") "</row>",
        "\n1,,2\n,3,\n\n\n,,4\n");
    expect_rows("<row r='1'>" N("Z1", "1") N("AB1", "2") "</row>", "1,,2\n");
    refuse_rows("", "no cells with content");
    refuse_rows("<row r='1'><c r='A1' t='s'/></row>", "no cells with content");
}

static void damage(void **state) {
    (void)state;
    refuse_rows("<row r='2'/><row r='1'/>", "row 2 of the sheet is followed by \"1\"");
    refuse_rows("<row r='1048577'/>", "followed by \"1048577\"");
    refuse_rows("<row r='x'/>", "followed by \"x\"");
    refuse_rows("<row r='1'>" N("B1", "1") N("A1", "1") "</row>", "cell \"A1\" is out of order");
    refuse_rows("<row r='1'>" N("A1", "1") N("A1", "1") "</row>", "out of order");
    refuse_rows("<row r='1'>" N("XFE1", "1") "</row>", "out of order");
    refuse_rows("<row r='1'>" N("AAAAAAAAAAAAAA1", "1") "</row>", "out of order");
    refuse_rows("<row r='1'>" N("A1", "1"), "is no XML");
}

/* ---- dates -------------------------------------------------------------------------------- */

static const char styles[] =
    "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='dd\\.mm\\.yyyy\\ hh:mm'/>"
    "<numFmt numFmtId='165' formatCode='0.0\" days\"'/><numFmt numFmtId='166' formatCode='[h]:mm'/>"
    "</numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
    "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='164'/><xf numFmtId='20'/>"
    "<xf numFmtId='165'/><xf numFmtId='166'/></cellXfs></styleSheet>";

static void dates_by_format(void **state) {
    (void)state;
    const char *rows = "<row r='1'>" STYLED("A1", "1", "45292") STYLED("B1", "2", "45292.5")
        STYLED("C1", "3", "0.75") STYLED("D1", "4", "45292") STYLED("E1", "5", "1.25")
            STYLED("F1", "9", "45292") "</row>";
    write_sheet("", rows, NULL, styles);
    expect(NULL, "2024-01-01,2024-01-01 12:00:00,18:00:00,45292,1.25,45292\n");
    write_sheet("<workbookPr date1904='1'/>",
                "<row r='1'>" STYLED("A1", "1", "43830") STYLED("B1", "1", "0") "</row>", NULL,
                styles);
    expect(NULL, "2024-01-01,1904-01-01\n");
}

/* Excel's first of March 1900 is day 61, for it believes in a 29 February. */
static void first_and_last_dates(void **state) {
    (void)state;
    write_sheet("",
                "<row r='1'>" STYLED("A1", "1", "1") STYLED("B1", "1", "59") STYLED("C1", "1", "61")
                    STYLED("D1", "1", "2958465") STYLED("E1", "1", "2958466")
                        STYLED("F1", "1", "-1") STYLED("G1", "1", "x") "</row>",
                NULL, styles);
    expect(NULL, "1900-01-01,1900-02-28,1900-03-01,9999-12-31,2958466,-1,x\n");
    /* An hour in days is no decimal: 08:00 and 0.001 s. */
    write_sheet("",
                "<row r='1'>" STYLED("A1", "1", "45292.333333333336")
                    STYLED("B1", "2", "45292.999999999884")
                        STYLED("C1", "2", "45292.00000001157") "</row>",
                NULL, styles);
    expect(NULL, "2024-01-01 08:00:00,2024-01-02,2024-01-01 00:00:00.001\n");
}

static void kinds_of_formats(void **state) {
    (void)state;
    static const struct {
        const char *format;
        kr__xlsx_kind kind;
    } cases[] = {{"General", KR__XLSX_NUMBER},
                 {"0.00E+00", KR__XLSX_NUMBER},
                 {"#,##0.00\\ \"d\";[Red]\\-0", KR__XLSX_NUMBER},
                 {"yyyy\\-mm\\-dd", KR__XLSX_DATE},
                 {"mmm\\-yy", KR__XLSX_DATE},
                 {"[$-407]d. mmm yyyy;@", KR__XLSX_DATE},
                 {"h:mm AM/PM", KR__XLSX_TIME},
                 {"mm:ss.0", KR__XLSX_TIME},
                 {"[h]:mm:ss", KR__XLSX_NUMBER},
                 {"[ss]", KR__XLSX_NUMBER},
                 {"mmmm", KR__XLSX_DATE},
                 {"\"", KR__XLSX_NUMBER},
                 {"\\", KR__XLSX_NUMBER},
                 {"", KR__XLSX_NUMBER}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (kr__xlsx_kind_of(cases[i].format) != cases[i].kind) fail_msg("%s", cases[i].format);
    }
}

/* ---- sheets ------------------------------------------------------------------------------- */

static void sheets_by_name_and_number(void **state) {
    (void)state;
    const part parts[] = {
        {"xl/workbook.xml", BOOK("", "<sheet name='Hidden' state='hidden' r:id='r1'/>" SHEET(
                                         "Chart", "r2") SHEET("Data", "r3") SHEET("2", "r4"))},
        {"xl/_rels/workbook.xml.rels",
         "<Relationships>" RELATION(
             "r1", "worksheets/a.xml") "<Relationship Id='r2' Type='http://x/chartsheet' "
                                       "Target='c.xml'/>" RELATION("r3", "/xl/worksheets/b.xml")
                                           RELATION("r4", "worksheets/c.xml") "</Relationships>"},
        {"xl/worksheets/a.xml", "<w><row>" N("A1", "1") "</row></w>"},
        {"xl/worksheets/b.xml", "<w><row>" N("A1", "2") "</row></w>"},
        {"xl/worksheets/c.xml", "<w><row>" N("A1", "3") "</row></w>"}};
    write_book(5, parts);
    expect(NULL, "2\n");
    expect("Hidden", "1\n");
    expect("Data", "2\n");
    expect("2", "3\n"); /* a name goes before a number */
    expect("1", "1\n");
    expect("3", "3\n");
    refuse("4", KR_USAGE, "has no sheet \"4\"; name one of its 3 with `sheet`: Hidden, Data, 2");
    refuse("data", KR_USAGE, "has no sheet");
}

static void what_is_no_workbook(void **state) {
    (void)state;
    const part other = {"data.npy", "x"};
    write_book(1, &other);
    refuse(NULL, KR_FORMAT, "is a zip file without a workbook");
    const part no_relations = {"xl/workbook.xml", ONE_BOOK};
    write_book(1, &no_relations);
    refuse(NULL, KR_FORMAT, "has no part xl/_rels/workbook.xml.rels");
    const part no_sheet[] = {{"xl/workbook.xml", ONE_BOOK},
                             {"xl/_rels/workbook.xml.rels", ONE_RELATION}};
    write_book(2, no_sheet);
    refuse(NULL, KR_FORMAT, "has no part xl/worksheets/a.xml");
    const part bomb[] = {{"xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'>]><x>&a;</x>"},
                         {"xl/_rels/workbook.xml.rels", ONE_RELATION}};
    write_book(2, bomb);
    refuse(NULL, KR_FORMAT, "declares entities");
    static const char old[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more of it";
    FILE *f = fopen(path, "wb");
    assert_int_equal(fwrite(old, sizeof old, 1, f), 1);
    fclose(f);
    refuse(NULL, KR_FORMAT, "is an old Excel file, or one with a password");
}

/* ---- made by others ----------------------------------------------------------------------- */

static void others_files(void **state) {
    (void)state;
    kr__made_text made = {0};
    kr_error err = {0};
    const char *start =
        "date,kW,share,ok,comment\n2024-01-01,100,0.25,FALSE,\n"
        "2024-01-01 01:00:00,100.3333333333333,0.5,TRUE,\n";
    if (kr__xlsx_read(KR_GOLDEN_DIR "/tables/openpyxl.xlsx", "Data", NULL, &made, &err)) {
        fail_msg("%s", err.text);
    }
    if (memcmp(made.text, start, strlen(start)) != 0) fail_msg("%.*s", 200, made.text);
    assert_non_null(memmem(made.text, made.n, "\"a, \"\"b\"\" c\"", 11));
    kr_free(made.text);
    start = "\n\n\n\nDatum,Umsatz,Zeit\n2021-01-01,7.5,00:00:00\n2021-01-02,9.0,00:24:00\n";
    if (kr__xlsx_read(KR_GOLDEN_DIR "/tables/xlsxwriter.xlsx", NULL, NULL, &made, &err)) {
        fail_msg("%s", err.text);
    }
    if (memcmp(made.text, start, strlen(start)) != 0) fail_msg("%.*s", 200, made.text);
    kr_free(made.text);
}

/* A byte that changed on the way is noticed, or is one that means nothing. */
static void damaged_workbooks_are_refused(void **state) {
    (void)state;
    uint8_t *bytes = NULL;
    size_t n = 0;
    int n_refused = 0, n_unpacked = 0;
    write_sheet("",
                "<row r='1'>" N("A1", "11") N("B1", "22") "</row><row r='2'>" N("A2", "33")
                    N("B2", "44") "</row>",
                NULL, NULL);
    assert_int_equal(kr__file_read(path, SIZE_MAX, &bytes, &n, NULL), KR_OK);
    for (size_t i = 0; i < n; i++) {
        kr__made_text made = {0};
        kr_error err = {.text = ""};
        FILE *file = fopen(path, "r+b");
        assert_non_null(file);
        assert_int_equal(fseek(file, (long)i, SEEK_SET), 0);
        fputc(bytes[i] ^ 1, file);
        assert_int_equal(fclose(file), 0);
        if (kr__xlsx_read(path, NULL, NULL, &made, &err) == KR_OK) {
            assert_int_equal(made.n, 12);
            assert_memory_equal(made.text, "11,22\n33,44\n", 12);
        } else {
            assert_true(*err.text);
            n_refused++;
            n_unpacked += !strstr(err.text, "data error");
        }
        kr_free(made.text);
        file = fopen(path, "r+b");
        assert_int_equal(fseek(file, (long)i, SEEK_SET), 0);
        fputc(bytes[i], file);
        assert_int_equal(fclose(file), 0);
    }
    assert_true(n_refused > (int)n / 3);
    assert_true(n_unpacked < n_refused); /* some could not be unpacked, and were said to be so */
    kr_free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(kinds_of_cells, remove_book),
        cmocka_unit_test_teardown(shared_texts, remove_book),
        cmocka_unit_test_teardown(edges_and_holes, remove_book),
        cmocka_unit_test_teardown(damage, remove_book),
        cmocka_unit_test_teardown(dates_by_format, remove_book),
        cmocka_unit_test_teardown(first_and_last_dates, remove_book),
        cmocka_unit_test(damaged_workbooks_are_refused),
        cmocka_unit_test(kinds_of_formats),
        cmocka_unit_test_teardown(sheets_by_name_and_number, remove_book),
        cmocka_unit_test_teardown(what_is_no_workbook, remove_book),
        cmocka_unit_test(others_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
