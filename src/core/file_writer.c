/* SPDX-License-Identifier: MIT
 * file_writer.c - the POSIX calls of files that are written: beside their place and renamed, in
 * place where that is a device or a pipe, or added to the end.
 *
 * A temporary file is locked as long as its writer lives. A lock ends with its process, whatever
 * ended that; so a temporary file whose lock is free was left by a dead one and is removed by the
 * next that writes the same file. */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/platform.h"

struct kr_output {
    char path[PATH_MAX];      /* as it was named, for sentences */
    char target[PATH_MAX];    /* behind the links */
    char temporary[PATH_MAX]; /* "": written in place */
    int file;
    int reason;     /* errno of the first write that failed */
    size_t n_bytes; /* written */
    bool had_one;   /* is there a file to be replaced? */
    bool is_given_up;
};

/* ---- the temporary files of this process -------------------------------------------------- */

/* For a handler of signals, which may neither allocate nor wait. owner: 0 for a free row, else the
 * process, as a child has the rows, too: a copy, or the same ones where they are shared. */
enum { MOST_OPEN = 64, CLAIMED = -1 };
typedef struct open_file {
    atomic_int owner;
    char path[PATH_MAX];
} open_file;
static open_file own_rows[MOST_OPEN], *open_files = own_rows;

void kr__file_writers_share(void) {
    if (open_files != own_rows) return;
    void *shared =
        mmap(NULL, sizeof own_rows, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED) open_files = shared;
}

/* One that finds no row is removed as those of dead processes are. */
static void remember(const char *temporary) {
    for (int i = 0; i < MOST_OPEN; i++) {
        int nobody = 0;
        if (!atomic_compare_exchange_strong(&open_files[i].owner, &nobody, CLAIMED)) continue;
        snprintf(open_files[i].path, sizeof open_files[i].path, "%s", temporary);
        atomic_store(&open_files[i].owner, (int)getpid());
        return;
    }
}

static void forget(const char *temporary) {
    for (int i = 0; i < MOST_OPEN; i++) {
        if (atomic_load(&open_files[i].owner) != (int)getpid()) continue;
        if (strcmp(open_files[i].path, temporary) == 0) atomic_store(&open_files[i].owner, 0);
    }
}

void kr__file_writers_remove(void) {
    for (int i = 0; i < MOST_OPEN; i++) {
        if (atomic_load(&open_files[i].owner) == (int)getpid()) unlink(open_files[i].path);
    }
}

void kr__file_writers_remove_of(int process) {
    for (int i = 0; i < MOST_OPEN; i++) {
        if (atomic_load(&open_files[i].owner) != process) continue;
        unlink(open_files[i].path);
        atomic_store(&open_files[i].owner, 0);
    }
}

/* ---- places ------------------------------------------------------------------------------- */

/* Behind all links, the last of which may lead to a file that is not there yet; realpath() would
 * refuse that. /dev/fd/N and its like stay: they lead to what is open. */
static int descriptor_of(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t n = strlen(folders[i]);
        char *end = NULL;
        if (strncmp(path, folders[i], n) != 0 || path[n] < '0' || path[n] > '9') continue;
        long number = strtol(path + n, &end, 10);
        if (*end == '\0' && number <= INT_MAX) return (int)number;
    }
    return -1;
}

static bool follow_links(const char *path, char target[PATH_MAX]) {
    enum { MOST_LINKS = 40 /* as Linux has it */ };
    char link[PATH_MAX];
    if ((size_t)snprintf(target, PATH_MAX, "%s", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t n = descriptor_of(target) >= 0 ? -1 : readlink(target, link, sizeof link - 1);
        if (n < 0) return true;
        link[n] = '\0';
        char *slash = strrchr(target, '/');
        size_t at = link[0] != '/' && slash ? (size_t)(slash + 1 - target) : 0;
        if (at + (size_t)n >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(target + at, link, (size_t)n + 1);
    }
    errno = ELOOP;
    return false;
}

/* ---- temporary files ---------------------------------------------------------------------- */

/* BASE.krait-0123456789abcdef.tmp beside BASE, which is cut where the name would be too long. */
enum { RANDOM_DIGITS = 16 };
static const char mark[] = ".krait-", ending[] = ".tmp";

/* The bytes of target that the names of its temporary files begin with; *base: where its own name
 * starts. */
static int stem_of(const char *target, const char **base) {
    const int most = NAME_MAX - (int)(sizeof mark - 1 + RANDOM_DIGITS + sizeof ending - 1);
    const char *slash = strrchr(target, '/');
    *base = slash ? slash + 1 : target;
    int n = (int)strlen(*base);
    return (int)(*base - target) + (n < most ? n : most);
}

/* Is `name` one of a temporary file of the stem `base` of n bytes? */
static bool is_temporary(const char *name, const char *base, size_t n) {
    const size_t n_mark = sizeof mark - 1;
    if (strncmp(name, base, n) != 0 || strncmp(name + n, mark, n_mark) != 0) return false;
    name += n + n_mark;
    return strspn(name, "0123456789abcdef") == RANDOM_DIGITS &&
           strcmp(name + RANDOM_DIGITS, ending) == 0;
}

/* Where there are no locks nobody can say who is dead. */
static void remove_if_dead(int folder, const char *name) {
    struct stat info;
    int file = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && flock(file, LOCK_EX | LOCK_NB) == 0) {
        unlinkat(folder, name, 0);
    }
    close(file);
}

static void remove_dead(const char *target) {
    const char *base;
    size_t n_stem = (size_t)stem_of(target, &base), n_folder = (size_t)(base - target);
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", (int)n_folder, target);
    DIR *entries = opendir(n_folder > 0 ? folder : ".");
    if (!entries) return;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (!is_temporary(entry->d_name, base, n_stem - n_folder)) continue;
        remove_if_dead(dirfd(entries), entry->d_name);
    }
    closedir(entries);
}

/* Of any file? */
static bool is_some_temporary(const char *name) {
    const size_t n = strlen(name), n_end = sizeof mark - 1 + RANDOM_DIGITS + sizeof ending - 1;
    return n > n_end && is_temporary(name, name, n - n_end);
}

static void remove_dead_below(const char *path) {
    char inside[PATH_MAX];
    DIR *entries = opendir(path);
    if (!entries) return;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        struct stat info;
        const char *name = entry->d_name;
        if (is_some_temporary(name)) remove_if_dead(dirfd(entries), name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        bool is_folder =
            fstatat(dirfd(entries), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
        int n = snprintf(inside, sizeof inside, "%s/%s", path, name);
        if (is_folder && n < (int)sizeof inside) remove_dead_below(inside);
    }
    closedir(entries);
}

void kr__file_remove_dead(const char *path) {
    char target[PATH_MAX];
    if (kr__is_folder(path)) {
        remove_dead_below(path);
    } else if (follow_links(path, target)) {
        remove_dead(target);
    }
}

static bool name_temporary(struct kr_output *o) {
    const char *base;
    uint64_t number = 0;
    int n = stem_of(o->target, &base);
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) return false;
    n = snprintf(o->temporary, sizeof o->temporary, "%.*s%s%016jx%s", n, o->target, mark,
                 (uintmax_t)number, ending);
    errno = ENAMETOOLONG;
    return n < (int)sizeof o->temporary;
}

/* A new file, locked. Another process may have taken it for that of a dead one before the lock was
 * there; then it has no name any more. */
static bool make_temporary(struct kr_output *o, mode_t mode) {
    enum { TRIES = 100 };
    struct stat info;
    for (int i = 0; i < TRIES; i++) {
        if (!name_temporary(o)) break;
        o->file = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (o->file < 0 && errno == EEXIST) continue;
        if (o->file < 0) break;
        flock(o->file, LOCK_EX);
        if (fstat(o->file, &info) != 0 || info.st_nlink > 0) return true;
        close(o->file);
        o->file = -1;
        errno = EEXIST;
    }
    *o->temporary = '\0';
    return false;
}

/* ---- opening ------------------------------------------------------------------------------ */

static kr_status fail(const struct kr_output *o, int reason, kr_error *err) {
    return kr_fail(err, KR_IO, "%s: cannot write: %s", o->path, strerror(reason));
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >=
        sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0 || connect(file, (struct sockaddr *)&address, sizeof address) == 0) return file;
    int reason = errno;
    close(file);
    errno = reason;
    return -1;
}

/* Of what is open already another descriptor: to open its name anew would start at its beginning,
 * and is impossible for a socket. */
static int open_in_place(const char *target, mode_t mode) {
    int descriptor = descriptor_of(target);
    if (descriptor >= 0) {
        fflush(stdout); /* what was printed before comes first */
        return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    }
    return S_ISSOCK(mode) ? connect_to(target) : open(target, O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

/* The temporary file gets owner and mode of the one that it will replace. */
static kr_status take_over(const struct kr_output *o, const struct stat *old, kr_error *err) {
    struct stat is;
    if (fstat(o->file, &is) != 0) return fail(o, errno, err);
    uid_t user = is.st_uid == old->st_uid ? (uid_t)-1 : old->st_uid;
    gid_t group = is.st_gid == old->st_gid ? (gid_t)-1 : old->st_gid;
    if ((user != (uid_t)-1 || group != (gid_t)-1) && fchown(o->file, user, group) != 0) {
        return kr_fail(err, KR_IO,
                       "%s: belongs to user %ju and group %ju, and what replaces it could not; "
                       "remove it, or name another file",
                       o->path, (uintmax_t)old->st_uid, (uintmax_t)old->st_gid);
    }
    if (((is.st_mode ^ old->st_mode) & 07777) == 0 || fchmod(o->file, old->st_mode & 07777) == 0) {
        return KR_OK;
    }
    return fail(o, errno, err);
}

static kr_status open_beside(struct kr_output *o, const struct stat *old, kr_error *err) {
    /* A rename would replace a file that is protected against writing. */
    if (o->had_one && faccessat(AT_FDCWD, o->target, W_OK, AT_EACCESS) != 0) {
        return fail(o, errno, err);
    }
    remove_dead(o->target);
    if (!make_temporary(o, o->had_one ? old->st_mode & 0777 : 0666)) return fail(o, errno, err);
    remember(o->temporary);
    return o->had_one ? take_over(o, old, err) : KR_OK;
}

static kr_status open_output(const char *path, struct kr_output *o, kr_error *err) {
    struct stat info = {0};
    o->file = -1;
    if (!*path) return kr_fail(err, KR_IO, "the name of a file to be written is empty; name one");
    snprintf(o->path, sizeof o->path, "%s", path);
    if (!follow_links(path, o->target)) return fail(o, errno, err);
    bool is_open = descriptor_of(o->target) >= 0, is_there = stat(o->target, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode)) {
        return kr_fail(err, KR_IO, "%s: is a folder; name a file", path);
    }
    o->had_one = is_there && S_ISREG(info.st_mode);
    if (!is_open && (!is_there || o->had_one)) return open_beside(o, &info, err);
    o->file = open_in_place(o->target, info.st_mode);
    return o->file >= 0 ? KR_OK : fail(o, errno, err);
}

/* ---- the stream --------------------------------------------------------------------------- */

/* Returns errno, 0: all is written. */
static int write_all(int file, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t written = write(file, bytes, n);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

/* A stream of the C library forgets why a write failed. */
static ssize_t write_bytes(void *arg, const char *bytes, size_t n) {
    struct kr_output *o = arg;
    if (o->is_given_up) return (ssize_t)n;
    if (o->reason == 0) o->reason = write_all(o->file, bytes, n);
    if (o->reason != 0) return 0;
    o->n_bytes += n;
    return (ssize_t)n;
}

static FILE *open_stream(struct kr_output *o) {
    enum { BUFFER = 1 << 16 };
    FILE *stream = fopencookie(o, "w", (cookie_io_functions_t){.write = write_bytes});
    if (stream) setvbuf(stream, NULL, _IOFBF, BUFFER);
    return stream;
}

/* ---- the writer --------------------------------------------------------------------------- */

static void release(kr_file_writer *writer) {
    struct kr_output *o = writer->output;
    if (o && o->file >= 0) close(o->file);
    kr_free(o);
    *writer = (kr_file_writer){0};
}

kr_status kr__file_writer_open(const char *path, kr_file_writer *writer, kr_error *err) {
    *writer = (kr_file_writer){.output = kr__calloc(1, sizeof *writer->output)};
    kr_status status = writer->output ? open_output(path, writer->output, err) : KR_MEMORY;
    if (status == KR_OK) {
        writer->stream = open_stream(writer->output);
        if (writer->stream) return KR_OK;
        status = KR_MEMORY;
    }
    if (status == KR_MEMORY) kr_fail(err, KR_MEMORY, "%s: out of memory", path);
    kr__file_writer_abort(writer);
    return status;
}

/* To the disk; a device or a pipe has none. */
static int flush(int file) {
    return fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
}

static int finish(kr_file_writer *writer) {
    struct kr_output *o = writer->output;
    bool is_flushed = fflush(writer->stream) == 0 && !ferror(writer->stream);
    fclose(writer->stream); /* all of it is written; the file itself stays open */
    writer->stream = NULL;
    if (!is_flushed) return o->reason != 0 ? o->reason : EIO;
    int reason = flush(o->file);
    if (reason != 0 || !*o->temporary) return reason;
    return rename(o->temporary, o->target) == 0 ? 0 : errno;
}

kr_status kr__file_writer_commit(kr_file_writer *writer, kr_error *err) {
    struct kr_output *o = writer->output;
    kr_status status = KR_OK;
    int reason = finish(writer);
    if (reason != 0) {
        if (*o->temporary) unlink(o->temporary);
        status = fail(o, reason, err);
        if (o->had_one && *o->temporary) {
            kr_error_append(err, "; the file there before is untouched");
        }
    }
    forget(o->temporary);
    release(writer);
    return status;
}

void kr__file_writer_abort(kr_file_writer *writer) {
    struct kr_output *o = writer->output;
    if (o) o->is_given_up = true;
    if (writer->stream) fclose(writer->stream);
    if (o && *o->temporary) {
        unlink(o->temporary);
        forget(o->temporary);
    }
    release(writer);
}

size_t kr__file_writer_size(kr_file_writer *writer) {
    fflush(writer->stream);
    return writer->output->n_bytes;
}

kr_status kr__file_probe(const char *path, kr_error *err) {
    kr_file_writer writer;
    /* A pipe would wait for its reader and then end for it. */
    if (kr__is_device(path)) {
        if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0) return KR_OK;
        return kr_fail(err, KR_IO, "%s: cannot write: %s", path, strerror(errno));
    }
    KR_TRY(kr__file_writer_open(path, &writer, err));
    kr__file_writer_abort(&writer);
    return KR_OK;
}

kr_status kr__file_write(const char *path, const void *bytes, size_t n_bytes, kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    fwrite(bytes, 1, n_bytes, writer.stream);
    return kr__file_writer_commit(&writer, err);
}

/* ---- adding to the end -------------------------------------------------------------------- */

/* A process that was killed in the middle of a record left its beginning. */
static bool ends_within_line(const char *path, off_t size) {
    char last = '\n';
    int file = size > 0 ? open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
    bool is_read = file >= 0 && pread(file, &last, 1, size - 1) == 1;
    if (file >= 0) close(file);
    return is_read && last != '\n';
}

/* The lock keeps others away until a record that fits only in part is cut off again, and signals
 * wait: one that ends the process would leave half a record. */
static int add_to_end(const char *path, int file, const void *bytes, size_t n_bytes) {
    struct stat info;
    sigset_t all, before;
    int reason = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    flock(file, LOCK_EX);
    bool is_regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
    if (is_regular && ends_within_line(path, info.st_size)) reason = write_all(file, "\n", 1);
    if (reason == 0) reason = write_all(file, bytes, n_bytes);
    if (reason == 0) reason = flush(file);
    if (reason != 0 && is_regular) (void)!ftruncate(file, info.st_size);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return reason;
}

kr_status kr__file_append(const char *path, const void *bytes, size_t n_bytes, kr_error *err) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0666);
    int reason = file >= 0 ? add_to_end(path, file, bytes, n_bytes) : errno;
    if (file >= 0 && close(file) != 0 && reason == 0) reason = errno;
    if (reason == 0) return KR_OK;
    return kr_fail(err, KR_IO, "%s: cannot write: %s", path, strerror(reason));
}
