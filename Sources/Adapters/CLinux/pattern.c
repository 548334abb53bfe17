#include "clinux.h"

#include <regex.h>

/* The members of regex_t depend on the features that a module was made with, so none crosses over. */

void *clinux_pattern_make(const char *text, char *reason, size_t size) {
  regex_t *pattern = calloc(1, sizeof *pattern);
  if (pattern == NULL) return NULL;
  int code = regcomp(pattern, text, REG_EXTENDED | REG_NOSUB);
  if (code == 0) return pattern;
  regerror(code, pattern, reason, size);
  free(pattern);
  return NULL;
}

int clinux_pattern_matches(const void *pattern, const char *text) { return regexec(pattern, text, 0, NULL, 0) == 0; }

void clinux_pattern_free(void *pattern) {
  regfree(pattern);
  free(pattern);
}
