#include "cbuild.h"

// Its own section with a fixed size of 48 bytes, which the build script replaces as a whole.
__attribute__((section(".martlet_commit"), used, retain)) static const volatile char commit[48] = "unknown";

const char *martlet_commit(void) { return (const char *)commit; }
