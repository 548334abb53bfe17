// Runs a command and prints the functions of its program that run, in the order of their first call.
//
//   function-order SYMBOLS COMMAND...
//
// SYMBOLS holds lines "ADDRESS NAME" (hexadecimal). A breakpoint stands at each until it is hit. Children, and
// the program executed anew, are followed; other programs are left alone.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct symbol { unsigned long address; char *name; long word; int printed; };
static struct symbol *symbols;
static size_t count;
static struct stat program;

static int by_address(const void *a, const void *b) {
  unsigned long x = ((const struct symbol *)a)->address, y = ((const struct symbol *)b)->address;
  return x < y ? -1 : x > y;
}

static void read_symbols(const char *path) {
  FILE *file = fopen(path, "r");
  char name[65536];
  unsigned long address;
  if (!file) { perror(path); exit(1); }
  while (fscanf(file, "%lx %65535s", &address, name) == 2) {
    symbols = realloc(symbols, (count + 1) * sizeof *symbols);
    symbols[count++] = (struct symbol){address, strdup(name), 0, 0};
  }
  fclose(file);
  qsort(symbols, count, sizeof *symbols, by_address);
}

// A breakpoint is one byte; the word around it is kept.
static void arm(pid_t pid) {
  for (size_t i = 0; i < count; i++) {
    if (i && symbols[i].address == symbols[i - 1].address) continue;
    errno = 0;
    long word = ptrace(PTRACE_PEEKTEXT, pid, symbols[i].address, 0);
    if (errno) continue;
    if ((word & 0xff) != 0xcc) symbols[i].word = word;
    ptrace(PTRACE_POKETEXT, pid, symbols[i].address, (symbols[i].word & ~0xffL) | 0xcc);
  }
}

static int is_program(pid_t pid) {
  char path[64];
  struct stat status;
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  return stat(path, &status) == 0 && status.st_ino == program.st_ino;
}

static int hit(pid_t pid) {
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  struct symbol key = {registers.rip - 1, 0, 0, 0};
  struct symbol *found = bsearch(&key, symbols, count, sizeof *symbols, by_address);
  if (!found) return 0;
  while (found > symbols && found[-1].address == found->address) found--;
  long now = ptrace(PTRACE_PEEKTEXT, pid, found->address, 0);
  ptrace(PTRACE_POKETEXT, pid, found->address, (now & ~0xffL) | (found->word & 0xff));
  registers.rip -= 1;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
  for (struct symbol *s = found; s < symbols + count && s->address == found->address; s++)
    if (!s->printed++) puts(s->name);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3 || stat(argv[2], &program)) return 2;
  read_symbols(argv[1]);
  pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execv(argv[2], argv + 2);
    _exit(127);
  }
  int status, first = 1;
  for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) { if (pid == child) break; continue; }
    int signal = WSTOPSIG(status), event = status >> 16;
    if (first) {
      first = 0;
      ptrace(PTRACE_SETOPTIONS, pid, 0,
             PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
      arm(pid);
      signal = 0;
    } else if (event) {
      if (event == PTRACE_EVENT_EXEC && is_program(pid)) arm(pid);
      signal = 0;
    } else if (signal == SIGTRAP && hit(pid)) {
      signal = 0;
    } else if (signal == SIGSTOP) {
      signal = 0;
    }
    ptrace(PTRACE_CONT, pid, 0, signal);
  }
  return 0;
}
