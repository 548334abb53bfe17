// What the Swift runtime would do at every start and this program never needs. The linker takes these
// definitions instead of the ones in libswiftCore.a, and leaves the members that hold those out.
#ifdef MARTLET_STATIC
#include <stdbool.h>
#include <stddef.h>

// Standard library, CommandLine.cpp: it would read /proc/self/maps. Arguments come from the process's own
// start-up instead (CLinux), and nothing here asks Swift's `CommandLine`.
char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
  static char *none[] = {NULL};
  *count = 0;
  return none;
}
void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count) {
  (void)arguments, (void)count;
}

// Runtime, Backtrace.cpp: it would look for a program that prints backtraces of crashes. It stays off: it
// can hang a dying process. All zero means off.
char _swift_backtraceSettings[256] __attribute__((aligned(16)));
bool _swift_backtrace_isThunkFunction(const char *name) {
  (void)name;
  return false;
}
#endif
