// Runs a command with its output thrown away and prints: microseconds, peak resident KiB, wait status.
// A small program of its own, since a child's peak includes what its parent held when it forked.
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec begin, end;
  struct rusage usage;
  int status, nothing = open("/dev/null", O_RDWR);
  if (argc < 2) return 2;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  pid_t pid = vfork();
  if (pid == 0) {
    dup2(nothing, 0);
    dup2(nothing, 1);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  if (wait4(pid, &status, 0, &usage) < 0) return 3;
  clock_gettime(CLOCK_MONOTONIC, &end);
  long micros = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
  printf("%ld %ld %d\n", micros, usage.ru_maxrss, status);
  return 0;
}
