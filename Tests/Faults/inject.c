// Runs a command and strikes one system call of one of its processes.
//
//   inject count ROLE COMMAND…            prints "number uses" for each call that the role's process makes
//   inject kill  ROLE NR N COMMAND…       kills the process on entry to the N-th use of call NR
//   inject ERRNO ROLE NR N COMMAND…       makes that use fail with errno ERRNO, without running it
//
// ROLE is `main` (the first process with its threads) or `init` (a process that it starts, until that
// process executes another program than the runtime itself, as the payload or a hook is).
// Exit code: that of the command, 128+n for a signal; 200 when the point was never reached.
// Counts go to the file named by INJECT_OUT.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 600, PROCESSES = 4096, NEVER_REACHED = 200 };
enum role { OTHER, MAIN, INIT, UNBORN };  // UNBORN: it stopped before its parent told of it

struct process {
  pid_t pid;
  enum role role;
  int failing;
};

static struct process *table[PROCESSES];
static enum role wanted_role;
static int action, reached;  // action: -1 count, 0 kill, else an errno
static long wanted_call;
static unsigned wanted_use, total[CALLS];
static off_t runtime_size;

static struct process *find(pid_t pid, enum role role) {
  int slot = pid % PROCESSES;
  while (table[slot] && table[slot]->pid != pid) slot = (slot + 1) % PROCESSES;
  if (!table[slot]) {
    table[slot] = calloc(1, sizeof(struct process));
    table[slot]->pid = pid;
    table[slot]->role = role;
  }
  return table[slot];
}

static int is_thread(pid_t pid) {
  char path[64], line[256];
  int group = pid;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *status = fopen(path, "re");
  while (status && fgets(line, sizeof line, status))
    if (sscanf(line, "Tgid: %d", &group) == 1) break;
  if (status) fclose(status);
  return group != pid;
}

static off_t executable_size(pid_t pid) {
  char path[64];
  struct stat found;
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  return stat(path, &found) ? -1 : found.st_size;
}

static void replace_call(pid_t pid, int entering) {
  struct user_regs_struct registers;
  struct iovec vector = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &vector)) return;
#if defined(__x86_64__)
  if (entering) registers.orig_rax = -1;
  else registers.rax = -(long)action;
#elif defined(__aarch64__)
  if (!entering) registers.regs[0] = -(long)action;
#endif
  ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &vector);
#if defined(__aarch64__)
  int none = -1;
  struct iovec number = {&none, sizeof none};
  if (entering) ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number);
#endif
}

static void at_call(struct process *process) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof info, &info) <= 0) return;
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    if (process->failing) replace_call(process->pid, 0);
    process->failing = 0;
    return;
  }
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY || process->role != wanted_role || info.entry.nr >= CALLS) return;
  unsigned use = ++total[info.entry.nr];
  if (action < 0 || reached || (long)info.entry.nr != wanted_call || use != wanted_use) return;
  reached = 1;
  if (action == 0) {
    kill(process->pid, SIGKILL);
  } else {
    process->failing = 1;
    replace_call(process->pid, 1);
  }
}

static void at_birth(struct process *parent) {
  unsigned long born = 0;
  ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &born);
  struct process *child = find((pid_t)born, OTHER);
  int waits = child->role == UNBORN;
  child->role = is_thread((pid_t)born) ? parent->role : INIT;
  if (waits) ptrace(PTRACE_SYSCALL, child->pid, 0, 0);
}

static void stopped(struct process *process, int status) {
  int event = status >> 16, sent = WSTOPSIG(status), passed = 0;
  if (process->role == UNBORN) return;
  if (sent == (SIGTRAP | 0x80)) {
    at_call(process);
  } else if (event == PTRACE_EVENT_EXEC) {
    if (process->role == INIT && executable_size(process->pid) != runtime_size) {
      ptrace(PTRACE_DETACH, process->pid, 0, 0);
      return;
    }
  } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    at_birth(process);
  } else if (event == PTRACE_EVENT_STOP) {
    if (sent == SIGSTOP || sent == SIGTSTP || sent == SIGTTIN || sent == SIGTTOU) {
      ptrace(PTRACE_LISTEN, process->pid, 0, 0);
      return;
    }
  } else if (sent == SIGSEGV || sent == SIGBUS || sent == SIGILL || sent == SIGABRT) {
    // The first process of a pid namespace dies of its own faults only when nobody traces it.
    ptrace(PTRACE_DETACH, process->pid, 0, sent);
    return;
  } else {
    passed = sent;
  }
  ptrace(PTRACE_SYSCALL, process->pid, 0, passed);
}

static int trace(pid_t main_process) {
  int status;
  for (;;) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) return errno == EINTR ? trace(main_process) : 255;
    if (WIFSTOPPED(status)) {
      stopped(find(pid, UNBORN), status);
    } else if (pid == main_process) {
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }
}

static pid_t start(char **command) {
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGSTOP);
    execvp(command[0], command);
    _exit(127);
  }
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                 PTRACE_O_TRACEEXEC;
  waitpid(pid, NULL, WUNTRACED);
  if (ptrace(PTRACE_SEIZE, pid, 0, options)) exit(254);
  kill(pid, SIGCONT);
  return pid;
}

static void print_counts(void) {
  const char *path = getenv("INJECT_OUT");
  FILE *out = path ? fopen(path, "we") : stdout;
  for (int call = 0; out && call < CALLS; call++)
    if (total[call]) fprintf(out, "%d %u\n", call, total[call]);
  if (out) fclose(out);
}

int main(int argc, char **argv) {
  int counting = argc > 1 && !strcmp(argv[1], "count"), fixed = counting ? 3 : 5;
  if (argc <= fixed) return 253;
  action = counting ? -1 : !strcmp(argv[1], "kill") ? 0 : atoi(argv[1]);
  wanted_role = strcmp(argv[2], "main") ? INIT : MAIN;
  if (!counting) wanted_call = atol(argv[3]), wanted_use = (unsigned)atol(argv[4]);
  struct stat runtime;
  if (stat(argv[fixed], &runtime)) return 252;
  runtime_size = runtime.st_size;
  pid_t pid = start(argv + fixed);
  find(pid, MAIN);
  int code = trace(pid);
  if (counting) print_counts();
  return counting || reached ? code : NEVER_REACHED;
}
