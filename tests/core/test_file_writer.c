/* SPDX-License-Identifier: MIT
 * test_file_writer.c - what is written replaces files alone, whole, with their owner, mode and
 * links; what dead writers left is removed; errors say why. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/platform.h"

/* ---- a folder for each test --------------------------------------------------------------- */

static int enter(void **state) {
    char *folder = strdup("/tmp/krait-writer-XXXXXX");
    *state = folder;
    return folder && mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave(void **state) {
    glob_t found = {0};
    glob("*", 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) unlink(found.gl_pathv[i]);
    globfree(&found);
    int failed = chdir("/") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed;
}

static size_t count(const char *pattern) {
    glob_t found = {0};
    glob(pattern, 0, NULL, &found);
    size_t n = found.gl_pathc;
    globfree(&found);
    return n;
}

static void write_text(const char *path, const char *text) {
    kr_error err = {.text = ""};
    if (kr__file_write(path, text, strlen(text), &err) != KR_OK) fail_msg("%s", err.text);
}

static void holds(const char *path, const char *text) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    assert_int_equal(kr__file_read(path, 1 << 20, &bytes, &n, NULL), KR_OK);
    assert_string_equal((const char *)bytes, text);
    kr_free(bytes);
}

static struct stat look_at(const char *path) {
    struct stat info = {0};
    assert_int_equal(lstat(path, &info), 0);
    return info;
}

static void refuses(const char *path, const char *sentence) {
    kr_error err = {.text = ""};
    assert_int_equal(kr__file_write(path, "x", 1, &err), KR_IO);
    assert_string_equal(err.text, sentence);
    assert_int_equal(count("*.krait-*"), 0);
}

/* The C library's, but for numbers that a test wants. */
static int n_known;

ssize_t getrandom(void *bytes, size_t n, unsigned flags) {
    static uint64_t number = 1;
    (void)flags;
    number = n_known > 0 ? 0x0123456789abcdef : number * 6364136223846793005u + (uint64_t)getpid();
    if (n_known > 0) n_known--;
    memcpy(bytes, &number, n);
    return (ssize_t)n;
}

/* ---- files -------------------------------------------------------------------------------- */

static void a_new_file_has_the_mode_of_the_umask(void **state) {
    (void)state;
    mode_t before = umask(027);
    write_text("new", "one");
    umask(before);
    assert_int_equal(look_at("new").st_mode & 07777, 0640);
    holds("new", "one");
    assert_int_equal(count("*"), 1);
}

static void mode_and_owner_stay(void **state) {
    (void)state;
    write_text("kept", "one");
    bool is_root = geteuid() == 0;
    if (is_root) assert_int_equal(chown("kept", 12, 34), 0);
    assert_int_equal(chmod("kept", 0604), 0);
    struct stat before = look_at("kept");
    write_text("kept", "two");
    struct stat after = look_at("kept");
    assert_int_equal(after.st_mode & 07777, 0604);
    assert_int_equal(after.st_uid, is_root ? 12 : before.st_uid);
    assert_int_equal(after.st_gid, is_root ? 34 : before.st_gid);
    assert_true(after.st_ino != before.st_ino);
    holds("kept", "two");
}

/* While it is written nobody else may read what only its owner may read. */
static void a_temporary_is_as_secret_as_its_file(void **state) {
    (void)state;
    glob_t found = {0};
    kr_file_writer writer;
    write_text("secret", "one");
    assert_int_equal(chmod("secret", 0600), 0);
    assert_int_equal(kr__file_writer_open("secret", &writer, NULL), KR_OK);
    assert_int_equal(glob("secret.krait-????????????????.tmp", 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    assert_int_equal(look_at(found.gl_pathv[0]).st_mode & 07777, 0600);
    globfree(&found);
    kr__file_writer_abort(&writer);
    holds("secret", "one");
    assert_int_equal(count("*"), 1);
}

static void what_may_not_be_written_is_not_replaced(void **state) {
    (void)state;
    write_text("locked", "one");
    assert_int_equal(chmod("locked", 0444), 0);
    if (geteuid() != 0) {
        refuses("locked", "locked: cannot write: Permission denied");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        kr_error err = {.text = ""};
        bool is_refused = chmod(".", 0777) == 0 && setuid(65534) == 0 &&
                          kr__file_write("locked", "x", 1, &err) == KR_IO &&
                          strcmp(err.text, "locked: cannot write: Permission denied") == 0;
        _exit(is_refused ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    holds("locked", "one");
}

static void an_owner_that_cannot_stay_is_said(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    write_text("theirs", "one");
    assert_int_equal(chmod("theirs", 0666), 0);
    pid_t child = fork();
    if (child == 0) {
        kr_error err = {.text = ""};
        bool is_refused = chmod(".", 0777) == 0 && setuid(65534) == 0 &&
                          kr__file_write("theirs", "x", 1, &err) == KR_IO &&
                          strncmp(err.text, "theirs: belongs to user 0 and group 0, ", 39) == 0;
        _exit(is_refused ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    holds("theirs", "one");
    assert_int_equal(count("*.krait-*"), 0);
}

static void a_long_name_has_room_for_its_temporary(void **state) {
    (void)state;
    char name[256];
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    write_text(name, "one");
    write_text(name, "two");
    holds(name, "two");
    assert_int_equal(count("*"), 1);
}

/* Somebody knew the name and put a link there. */
static void nothing_is_written_through_a_temporary(void **state) {
    (void)state;
    write_text("victim", "one");
    assert_int_equal(symlink("victim", "model.krait-0123456789abcdef.tmp"), 0);
    assert_int_equal(symlink("nothing", "other.krait-0123456789abcdef.tmp"), 0);
    n_known = 1;
    write_text("model", "two");
    n_known = 1;
    write_text("other", "two");
    holds("victim", "one");
    holds("model", "two");
    assert_false(kr__file_exists("nothing"));
    assert_int_equal(count("*.krait-*.tmp"), 2);
}

/* ---- links -------------------------------------------------------------------------------- */

static void the_target_of_a_link_is_replaced(void **state) {
    (void)state;
    static const char *const links[][2] = {
        {"target", "link"}, {"link", "link2"}, {"./nothing", "dangling"}};
    write_text("target", "one");
    for (int i = 0; i < 3; i++) assert_int_equal(symlink(links[i][0], links[i][1]), 0);
    write_text("link2", "two");
    holds("target", "two");
    write_text("dangling", "new");
    holds("nothing", "new");
    for (int i = 0; i < 3; i++) assert_true(S_ISLNK(look_at(links[i][1]).st_mode));
    assert_int_equal(count("*.krait-*"), 0);
    assert_int_equal(symlink("round", "round"), 0);
    refuses("round", "round: cannot write: Too many levels of symbolic links");
}

/* ---- devices, pipes, sockets -------------------------------------------------------------- */

/* Of our own where that is possible: a writer that is broken would replace the machine's, and only
 * root can. */
static void make_device(const char *name, unsigned minor_number) {
    char path[32];
    int file = -1;
    if (mknod(name, S_IFCHR | 0666, makedev(1, minor_number)) == 0) file = open(name, O_WRONLY);
    if (file >= 0) {
        close(file);
        return;
    }
    unlink(name);
    if (geteuid() == 0) skip();
    snprintf(path, sizeof path, "/dev/%s", name);
    assert_int_equal(symlink(path, name), 0);
}

static void a_device_is_written_into(void **state) {
    (void)state;
    struct stat before, after;
    make_device("null", 3);
    make_device("full", 7);
    assert_int_equal(stat("null", &before), 0);
    write_text("null", "gone");
    assert_int_equal(stat("null", &after), 0);
    assert_true(S_ISCHR(after.st_mode) && after.st_ino == before.st_ino);
    assert_int_equal(symlink("null", "link"), 0);
    write_text("link", "gone");
    assert_true(S_ISLNK(look_at("link").st_mode));
    assert_int_equal(stat("link", &after), 0);
    assert_true(S_ISCHR(after.st_mode) && after.st_ino == before.st_ino);
    refuses("full", "full: cannot write: No space left on device");
    assert_int_equal(kr__file_append("null", "one", 3, NULL), KR_OK);
}

/* More than the stream's buffer, so that the write that fails is not the last. */
static void an_error_on_the_way_keeps_its_reason(void **state) {
    (void)state;
    enum { MUCH = 1 << 20 };
    kr_error err = {.text = ""};
    char *bytes = calloc(MUCH, 1);
    kr_file_writer writer;
    make_device("full", 7);
    assert_int_equal(kr__file_writer_open("full", &writer, NULL), KR_OK);
    for (int i = 0; i < 4; i++) fwrite(bytes, 1, MUCH / 4, writer.stream);
    free(bytes);
    errno = 0;
    assert_int_equal(kr__file_writer_commit(&writer, &err), KR_IO);
    assert_string_equal(err.text, "full: cannot write: No space left on device");
}

static void a_pipe_is_written_into(void **state) {
    (void)state;
    char text[16] = "";
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    assert_int_equal(kr__file_probe("pipe", NULL), KR_OK);
    write_text("pipe", "flow");
    assert_int_equal(read(reader, text, sizeof text), 4);
    assert_string_equal(text, "flow");
    assert_int_equal(kr__file_append("pipe", "more", 4, NULL), KR_OK);
    assert_int_equal(read(reader, text, sizeof text), 4);
    assert_string_equal(text, "more");
    kr_file_writer writer;
    assert_int_equal(kr__file_writer_open("pipe", &writer, NULL), KR_OK);
    fputs("half", writer.stream);
    kr__file_writer_abort(&writer);
    assert_int_equal(read(reader, text, sizeof text), 0);
    close(reader);
    assert_true(S_ISFIFO(look_at("pipe").st_mode));
}

static void a_socket_is_written_into(void **state) {
    (void)state;
    char text[16] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
    refuses("socket", "socket: cannot write: Connection refused");
    assert_int_equal(listen(server, 1), 0);
    write_text("socket", "said");
    int caller = accept(server, NULL, NULL);
    assert_int_equal(read(caller, text, sizeof text), 4);
    assert_string_equal(text, "said");
    close(caller);
    close(server);
    assert_true(S_ISSOCK(look_at("socket").st_mode));
}

/* What is open stands where it stands, also where it is a file or a socket. */
static void what_is_open_goes_on(void **state) {
    (void)state;
    char path[32], text[16] = "";
    int file = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600), pair[2];
    assert_int_equal(write(file, "one ", 4), 4);
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    write_text(path, "two ");
    assert_int_equal(write(file, "three", 5), 5);
    close(file);
    holds("log", "one two three");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", pair[0]);
    write_text(path, "pair");
    assert_int_equal(read(pair[1], text, sizeof text), 4);
    assert_string_equal(text, "pair");
    close(pair[0]);
    close(pair[1]);
}

/* Numbers as large as an int may be are descriptors, though none so large is open. */
static void what_is_not_open_is_refused(void **state) {
    (void)state;
    char path[64], sentence[128];
    int file = dup(1);
    close(file);
    const struct {
        int64_t number;
        int error;
    } cases[] = {{file, EBADF}, {INT_MAX, EBADF}, {(int64_t)INT_MAX + 1, ENOENT}};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/proc/self/fd/%" PRId64, cases[i].number);
        snprintf(sentence, sizeof sentence, "%s: cannot write: %s", path, strerror(cases[i].error));
        refuses(path, sentence);
    }
}

static void what_was_printed_comes_first(void **state) {
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("out", "w", stdout)) _exit(1);
        printf("one ");
        if (kr__file_write("/dev/stdout", "two ", 4, NULL) != KR_OK) _exit(2);
        printf("three");
        fflush(stdout);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    holds("out", "one two three");
}

/* ---- a full disk -------------------------------------------------------------------------- */

static void limit_files(rlim_t n_bytes, struct rlimit *before) {
    assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
    const struct rlimit small = {.rlim_cur = n_bytes, .rlim_max = before->rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
}

static void only_a_file_that_is_there_is_untouched(void **state) {
    (void)state;
    struct rlimit before;
    write_text("old", "one");
    limit_files(0, &before);
    refuses("old", "old: cannot write: File too large; the file there before is untouched");
    refuses("new", "new: cannot write: File too large");
    setrlimit(RLIMIT_FSIZE, &before);
    holds("old", "one");
    assert_int_equal(count("*"), 1);
}

/* ---- what the dead left ------------------------------------------------------------------- */

static void make_empty(const char *name) {
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    close(file);
}

/* A process that is killed while it writes "model"; its temporary file has the name of a dead one.
 */
static void leave_one(void) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        kr_file_writer writer;
        if (kr__file_writer_open("model", &writer, NULL) != KR_OK) _exit(1);
        fputs("half", writer.stream);
        fflush(writer.stream);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void what_a_dead_writer_left_is_removed(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) leave_one();
    assert_true(count("model.krait-*.tmp") > 0);
    write_text("other", "one");
    assert_int_equal(count("model.krait-*.tmp"), 1);
    write_text("model", "one");
    assert_int_equal(count("*"), 2);
}

static void other_names_stay(void **state) {
    (void)state;
    static const char *const names[] = {
        "model.krait-0123456789abcdef",      "model.krait-0123456789abcde.tmp",
        "model.krait-0123456789abcdeg.tmp",  "model.krait-0123456789abcdef.tmp~",
        "model2.krait-0123456789abcdef.tmp", "model.tmp"};
    enum { N = sizeof names / sizeof names[0] };
    for (int i = 0; i < N; i++) make_empty(names[i]);
    make_empty("model.krait-0123456789abcdef.tmp");
    assert_int_equal(symlink("model.tmp", "model.krait-1123456789abcdef.tmp"), 0);
    write_text("model", "one");
    for (int i = 0; i < N; i++) look_at(names[i]);
    look_at("model.krait-1123456789abcdef.tmp");
    assert_int_equal(count("*"), N + 2);
}

static void two_writers_of_one_file_harm_nothing(void **state) {
    (void)state;
    kr_file_writer a, b;
    assert_int_equal(kr__file_writer_open("model", &a, NULL), KR_OK);
    assert_int_equal(kr__file_writer_open("model", &b, NULL), KR_OK);
    assert_int_equal(count("*"), 2);
    fputs("a", a.stream);
    fputs("b", b.stream);
    assert_int_equal(kr__file_writer_commit(&a, NULL), KR_OK);
    assert_int_equal(kr__file_writer_commit(&b, NULL), KR_OK);
    holds("model", "b");
    assert_int_equal(count("*"), 1);
}

static void a_handler_can_remove_all(void **state) {
    (void)state;
    kr_file_writer a, b;
    assert_int_equal(kr__file_writer_open("a", &a, NULL), KR_OK);
    assert_int_equal(kr__file_writer_open("b", &b, NULL), KR_OK);
    assert_int_equal(kr__file_writer_commit(&b, NULL), KR_OK);
    pid_t child = fork();
    if (child == 0) {
        kr__file_writers_remove(); /* they are its parent's */
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(count("*"), 2);
    kr__file_writers_remove();
    assert_int_equal(count("*"), 1);
    kr__file_writer_abort(&a);
    look_at("b");
}

/* Also in folders below, and no file of another name; that of a living writer stays. */
static void temporaries_of_the_dead_can_be_removed_at_once(void **state) {
    (void)state;
    kr_file_writer writer;
    assert_int_equal(kr__make_folders("below", NULL), KR_OK);
    write_text("below/a.krait-0123456789abcdef.tmp", "half");
    write_text("a.krait-0123456789abcdef.tmp", "half");
    write_text("b.krait-0123456789abcdef.tmp", "half");
    write_text("b.krait-0123456789abcdef", "other");
    write_text(".krait-0123456789abcdef.tmp", "other");
    kr__file_remove_dead("a");
    assert_false(kr__file_exists("a.krait-0123456789abcdef.tmp"));
    assert_true(kr__file_exists("b.krait-0123456789abcdef.tmp"));
    assert_int_equal(kr__file_writer_open("below/c", &writer, NULL), KR_OK);
    kr__file_remove_dead(".");
    assert_int_equal(count("below/*"), 1);
    assert_int_equal(count("*.tmp"), 0);
    assert_true(kr__file_exists("b.krait-0123456789abcdef"));
    assert_true(kr__file_exists(".krait-0123456789abcdef.tmp"));
    assert_int_equal(kr__file_writer_commit(&writer, NULL), KR_OK);
    remove("below/c");
    remove("below");
    remove(".krait-0123456789abcdef.tmp");
}

/* ---- journals ----------------------------------------------------------------------------- */

static void a_journal_grows(void **state) {
    (void)state;
    kr_error err;
    assert_int_equal(kr__file_append("journal", "one\n", 4, NULL), KR_OK);
    assert_int_equal(kr__file_append("journal", "two\n", 4, NULL), KR_OK);
    holds("journal", "one\ntwo\n");
    assert_int_equal(kr__file_append("none/a", "", 0, &err), KR_IO);
    assert_string_equal(err.text, "none/a: cannot write: No such file or directory");
}

static void half_a_record_is_cut_off(void **state) {
    (void)state;
    kr_error err;
    struct rlimit before;
    assert_int_equal(kr__file_append("journal", "one\n", 4, NULL), KR_OK);
    limit_files(6, &before);
    kr_status status = kr__file_append("journal", "two\n", 4, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, KR_IO);
    assert_string_equal(err.text, "journal: cannot write: File too large");
    holds("journal", "one\n");
}

/* What a killed process began stays a line of its own. */
static void a_record_starts_a_line(void **state) {
    (void)state;
    assert_int_equal(kr__file_write("journal", "one\ntw", 6, NULL), KR_OK);
    assert_int_equal(kr__file_append("journal", "three\n", 6, NULL), KR_OK);
    holds("journal", "one\ntw\nthree\n");
    assert_int_equal(kr__file_append("journal", "four\n", 5, NULL), KR_OK);
    holds("journal", "one\ntw\nthree\nfour\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_has_the_mode_of_the_umask),
        TEST(mode_and_owner_stay),
        TEST(a_temporary_is_as_secret_as_its_file),
        TEST(what_may_not_be_written_is_not_replaced),
        TEST(an_owner_that_cannot_stay_is_said),
        TEST(a_long_name_has_room_for_its_temporary),
        TEST(nothing_is_written_through_a_temporary),
        TEST(the_target_of_a_link_is_replaced),
        TEST(a_device_is_written_into),
        TEST(an_error_on_the_way_keeps_its_reason),
        TEST(a_pipe_is_written_into),
        TEST(a_socket_is_written_into),
        TEST(what_is_open_goes_on),
        TEST(what_is_not_open_is_refused),
        TEST(what_was_printed_comes_first),
        TEST(only_a_file_that_is_there_is_untouched),
        TEST(what_a_dead_writer_left_is_removed),
        TEST(other_names_stay),
        TEST(two_writers_of_one_file_harm_nothing),
        TEST(a_handler_can_remove_all),
        TEST(a_journal_grows),
        TEST(temporaries_of_the_dead_can_be_removed_at_once),
        TEST(half_a_record_is_cut_off),
        TEST(a_record_starts_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
