/* SPDX-License-Identifier: MIT
 * program.h - the workers of this process, and the signals that stop them. One command runs in a
 * process; it starts the program once it has read --threads. */
#ifndef KRAIT_PROGRAM_H
#define KRAIT_PROGRAM_H

#include <kr/team.h>

/* Choose the code for this CPU (KR_CPU) and make the team. threads: 0 for one on each CPU. log
 * hears the library; NULL: nobody does. */
kr_status program_start(int64_t threads, kr_log_fn log, void *log_arg, kr_error *err);
/* NULL, which is a team of one, before program_start(). */
kr_team *program_team(void);

/* The exit code of a child process that crashed for want of memory. */
enum { PROGRAM_NO_MEMORY = 3 };

/* At the start of main. From here on SIGINT, SIGTERM and SIGHUP (unless it is ignored) end the
 * process at once, with a sentence of command `name`, without temporary files, with exit code 1;
 * and a limit on files (ulimit -f) is an error of what is written. A crash for want of memory is a
 * sentence and exit code 1, too; any other one is said to be a fault and ends by its signal. */
void program_begin(const char *name);
/* A signal that ends the process is told by another one: this is a rank that is not the first. */
void program_leave_words(void);
/* The name of the command, "" before program_begin(). */
const char *program_command(void);
/* From here on the first of these signals asks the team to stop, and who works looks at
 * program_is_stopping(); the second ends the process at once. */
void program_catch_signals(void);
/* Sleep until the file has something to read, or its end. False: a request to stop came. */
bool program_wait_for_input(int file);
/* Has a signal come, or a call of program_stop()? Also where there is no team. */
bool program_is_stopping(void);
void program_stop(void);

/* At the end of main: the team rests. */
void program_end(void);

#endif
