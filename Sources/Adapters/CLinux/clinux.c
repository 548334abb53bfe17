#include "clinux.h"

static char **arguments;

// The C library hands a constructor what it hands to main. Swift's own CommandLine reads /proc/self/maps to
// find it, which costs time, and leaves a command without arguments where that fails.
__attribute__((constructor)) static void keep(int count, char **values) {
  (void)count;
  arguments = values;
}

char **clinux_arguments(void) { return arguments; }
