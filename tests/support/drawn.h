/* SPDX-License-Identifier: MIT
 * drawn.h - what the library asked cairo to draw, compared with what it did before. For cmocka
 * tests of pictures; a program that calls this measures texts by the number of their characters, so
 * that no font changes the layout. */
#ifndef KR_TEST_DRAWN_H
#define KR_TEST_DRAWN_H

/* The last page is drawn as the next one in tests/plot/drawn/PROGRAM.txt, PROGRAM being path
 * without its ending: the same lines, areas and texts in the same order and colours, each within a
 * fiftieth of a dot. Where one differs, the first message counts: those behind it may be of other
 * pictures. Tests that may be left out come last. With KR_DRAWN_UPDATE set in the environment the
 * file is written anew instead. */
void kr_expect_drawn(const char *path);

#endif
