// Runs a command on a kernel that seems to lack system calls: a filter answers for them, and whatever the command
// starts inherits it.
//
//   withhold RULE... -- COMMAND...
//
// A RULE is NUMBER,ERRNO: the call with this number fails so; or NUMBER,ERRNO,ARGUMENT,OPERATOR,VALUE: it does where
// the low 32 bits of its argument (from 0 on) are (`=`), exceed (`>`) or have a bit of (`&`) the value.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "an architecture without a name here"
#endif

enum { LIMIT = 1024, FAILED = 125 };

static struct sock_filter program[LIMIT];
static unsigned short used;

static void put(unsigned short code, unsigned value, unsigned char yes, unsigned char no) {
  program[used++] = (struct sock_filter){code, yes, no, value};
}

static void load(size_t offset) { put(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0); }

static int add(const char *rule) {
  unsigned number, error, argument = 0, value = 0;
  char operator = 0;
  int fields = sscanf(rule, "%u,%u,%u,%c,%u", &number, &error, &argument, &operator, &value);
  if ((fields != 2 && fields != 5) || used + 8 > LIMIT || argument > 5) return -1;
  load(offsetof(struct seccomp_data, nr));
  put(BPF_JMP | BPF_JEQ | BPF_K, number, 0, fields == 5 ? 3 : 1);
  if (fields == 5) {
    unsigned short test = operator == '=' ? BPF_JEQ : operator == '>' ? BPF_JGT : BPF_JSET;
    load(offsetof(struct seccomp_data, args) + 8 * argument);
    put(BPF_JMP | BPF_K | test, value, 0, 1);
  }
  put(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA), 0, 0);
  return 0;
}

int main(int argc, char **argv) {
  int next = 1;
  load(offsetof(struct seccomp_data, arch));
  put(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
  put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  for (; next < argc && strcmp(argv[next], "--"); next++)
    if (add(argv[next])) return fprintf(stderr, "withhold: bad rule %s\n", argv[next]), FAILED;
  put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  if (next + 1 >= argc) return FAILED;
  struct sock_fprog filter = {used, program};
  // Without `no_new_privs`, which a container would see, this takes CAP_SYS_ADMIN.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter)) return perror("withhold: seccomp"), FAILED;
  execvp(argv[next + 1], argv + next + 1);
  return perror(argv[next + 1]), FAILED;
}
