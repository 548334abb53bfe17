// What Swift cannot import: variadic calls, and macros that are not plain numbers.
#ifndef CLINUX_H
#define CLINUX_H

#define _GNU_SOURCE 1
#include <features.h>

// These two look different to whoever defines _GNU_SOURCE. Swift's own module of the C library does not, and a
// program that loads both has to find them alike.
#pragma push_macro("__USE_XOPEN")
#pragma push_macro("__USE_GNU")
#undef __USE_XOPEN
#undef __USE_GNU
#include <sys/resource.h>
#include <sys/select.h>
#pragma pop_macro("__USE_GNU")
#pragma pop_macro("__USE_XOPEN")

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/// A system call by number; the result, or the negated errno. Variadic in C, hence here.
static inline long clinux_call(
    long number, long a, long b, long c, long d, long e, long f) {
  long result = syscall(number, a, b, c, d, e, f);
  return result < 0 ? -(long)errno : result;
}

/// `errno` after a C library's function, which is a macro there.
static inline int clinux_errno(void) { return errno; }

/// `si_status`, which is a macro over a union.
static inline int clinux_status(const siginfo_t *information) { return information->si_status; }

/// The caller's environment, a global that Swift does not let through.
static inline char *const *clinux_environment(void) { return environ; }

/// Ignores a signal, whose constant is a cast; whether it was ignored before.
static inline int clinux_ignore(int number) { return signal(number, SIG_IGN) == SIG_IGN; }

/// Gives a signal its default action.
static inline void clinux_restore(int number) { signal(number, SIG_DFL); }

/// `si_pid`, likewise.
static inline int clinux_process(const siginfo_t *information) { return information->si_pid; }

/// `O_TMPFILE`, a macro over an expression.
static inline int clinux_unnamed(void) { return O_TMPFILE; }

/// A variable of the environment. The C library marks the result as mutable.
static inline const char *clinux_getenv(const char *name) { return getenv(name); }

/// The arguments of the program, its name first, ended by null.
char **clinux_arguments(void);

/// POSIX extended regular expressions: `regcomp`, `regexec` and `regfree`. NULL when the text is none, with the reason.
void *clinux_pattern_make(const char *text, char *reason, size_t size);
int clinux_pattern_matches(const void *pattern, const char *text);
void clinux_pattern_free(void *pattern);

#endif
